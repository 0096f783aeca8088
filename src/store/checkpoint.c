/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* checkpoint.c - see checkpoint.h. */
#include "store/checkpoint.h"

#include <endian.h>
#include <errno.h>
#include <lmdb.h>
#include <string.h>
#include <sys/statvfs.h>

/* One process only (store_lmdb.c holds a lock), so LMDB's own lock file is not needed. */
#define ENV_FLAGS (MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS)

#define STATE_KEY     0ULL /* no record is created at revision 0 */
#define FLAG_VOLATILE 1U

struct record_head {
    uint64_t revision;
    uint32_t flags;
    uint32_t key_size;
};

struct state_record {
    uint64_t sequence;
    uint64_t revision;
};

static int lmdb_error(struct error *err, int code, const char *what)
{
    if (code == MDB_MAP_FULL || code == MDB_TXN_FULL || code == MDB_DBS_FULL)
        return error_set(err, ERROR_STORAGE_FULL, "%s: %s", what, mdb_strerror(code));
    if (code > 0) {
        errno = code;
        return error_errno(err, "%s", what);
    }
    return error_set(err, ERROR_SYSTEM, "%s: %s", what, mdb_strerror(code));
}

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "LMDB's integer keys are size_t");

static MDB_val key_of(uint64_t *number)
{
    return (MDB_val){ sizeof(*number), number };
}

static int open_file(const char *path, size_t map_size, unsigned flags, MDB_env **ret_env, struct error *err)
{
    MDB_env *env = NULL;
    int rc = mdb_env_create(&env);
    if (rc == 0)
        rc = mdb_env_set_mapsize(env, map_size);
    if (rc == 0)
        rc = mdb_env_open(env, path, ENV_FLAGS | flags, 0600);
    if (rc != 0) {
        mdb_env_close(env);
        return lmdb_error(err, rc, "open the checkpoint");
    }
    *ret_env = env;
    return 0;
}

/* LMDB calls a short write EIO; what makes it short is a full disk. */
static bool disk_is_full(const char *path)
{
    struct statvfs status;
    return statvfs(path, &status) == 0 && status.f_bavail < 64;
}

/* --- writing --- */

static int put_item(MDB_txn *txn, MDB_dbi dbi, const struct checkpoint_item *item)
{
    uint64_t number = item->create_revision;
    MDB_val key = key_of(&number);
    if (item->key == NULL) {
        int rc = mdb_del(txn, dbi, &key, NULL);
        return rc == MDB_NOTFOUND ? 0 : rc; /* came and went between two checkpoints */
    }
    struct record_head head = { htole64(item->revision), htole32(item->is_volatile ? FLAG_VOLATILE : 0),
                                htole32((uint32_t)item->key->size) };
    struct store_value_parts parts = store_value_parts(item->value);
    MDB_val value = { sizeof(head) + item->key->size + store_value_size(item->value), NULL };
    int rc = mdb_put(txn, dbi, &key, &value, MDB_RESERVE);
    if (rc != 0)
        return rc;
    char *at = value.mv_data;
    memcpy(at, &head, sizeof(head));
    memcpy(at + sizeof(head), item->key->data, item->key->size);
    at += sizeof(head) + item->key->size;
    memcpy(at, parts.head.data, parts.head.size);
    if (parts.tail.size > 0)
        memcpy(at + parts.head.size, parts.tail.data, parts.tail.size);
    return 0;
}

static int put_all(MDB_txn *txn, const struct checkpoint_item *items, size_t count,
                   const struct checkpoint_state *state)
{
    MDB_dbi dbi;
    int rc = mdb_dbi_open(txn, NULL, MDB_INTEGERKEY | MDB_CREATE, &dbi);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = put_item(txn, dbi, &items[i]);
    if (rc != 0)
        return rc;
    uint64_t number = STATE_KEY;
    struct state_record record = { htole64(state->sequence), htole64(state->revision) };
    MDB_val key = key_of(&number), value = { sizeof(record), &record };
    return mdb_put(txn, dbi, &key, &value, 0);
}

int checkpoint_write(const char *path, size_t map_size, const struct checkpoint_item *items, size_t count,
                     const struct checkpoint_state *state, struct error *err)
{
    MDB_env *env = NULL;
    int rc = open_file(path, map_size, 0, &env, err);
    if (rc < 0)
        return rc;
    MDB_txn *txn = NULL;
    rc = mdb_txn_begin(env, NULL, 0, &txn);
    if (rc == 0)
        rc = put_all(txn, items, count, state);
    if (rc == 0)
        rc = mdb_txn_commit(txn); /* synced; frees the transaction in any case */
    else if (txn != NULL)
        mdb_txn_abort(txn);
    mdb_env_close(env);
    if (rc == EIO && disk_is_full(path))
        rc = ENOSPC;
    return rc == 0 ? 0 : lmdb_error(err, rc, "write the checkpoint");
}

/* --- reading --- */

typedef void each_record(void *context, struct str key, struct bytes *value, uint64_t create_revision,
                         uint64_t revision, bool is_volatile);

static bool read_record(uint64_t create_revision, MDB_val value, each_record *each, void *context)
{
    struct record_head head;
    if (value.mv_size < sizeof(head))
        return false;
    memcpy(&head, value.mv_data, sizeof(head));
    size_t key_size = le32toh(head.key_size);
    if (key_size > value.mv_size - sizeof(head))
        return false;
    const char *key = (const char *)value.mv_data + sizeof(head);
    struct bytes *bytes = bytes_create(key + key_size, value.mv_size - sizeof(head) - key_size);
    each(context, (struct str){ key, key_size }, bytes, create_revision, le64toh(head.revision),
         (le32toh(head.flags) & FLAG_VOLATILE) != 0);
    bytes_unref(bytes);
    return true;
}

static bool read_pair(MDB_val key, MDB_val value, each_record *each, void *context, struct checkpoint_state *state)
{
    uint64_t number;
    if (key.mv_size != sizeof(number))
        return false;
    memcpy(&number, key.mv_data, sizeof(number));
    if (number != STATE_KEY)
        return read_record(number, value, each, context);
    struct state_record record;
    if (value.mv_size != sizeof(record))
        return false;
    memcpy(&record, value.mv_data, sizeof(record));
    *state = (struct checkpoint_state){ le64toh(record.sequence), le64toh(record.revision) };
    return true;
}

static int read_all(MDB_txn *txn, each_record *each, void *context, struct checkpoint_state *state)
{
    MDB_dbi dbi;
    MDB_cursor *cursor = NULL;
    int rc = mdb_dbi_open(txn, NULL, MDB_INTEGERKEY, &dbi);
    if (rc == 0)
        rc = mdb_cursor_open(txn, dbi, &cursor);
    if (rc != 0)
        return rc;
    MDB_val key, value;
    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
        if (!read_pair(key, value, each, context, state)) {
            rc = MDB_CORRUPTED;
            break;
        }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

int checkpoint_read(const char *path, size_t map_size, each_record *each, void *context,
                    struct checkpoint_state *ret_state, struct error *err)
{
    struct checkpoint_state state = { 0 };
    MDB_env *env = NULL;
    struct error opening;
    int rc = open_file(path, map_size, MDB_RDONLY, &env, &opening);
    if (rc == -ERROR_NOT_FOUND) {
        *ret_state = state;
        return 0;
    }
    if (rc < 0)
        return error_set(err, (enum error_code) - rc, "%s", opening.message);
    MDB_txn *txn = NULL;
    rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (rc == 0) {
        rc = read_all(txn, each, context, &state);
        mdb_txn_abort(txn);
    }
    mdb_env_close(env);
    if (rc != 0)
        return lmdb_error(err, rc, "read the checkpoint");
    *ret_state = state;
    return 0;
}
