/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "net/spdy/block.h"

#include <stdlib.h>

#include "base/memory.h"

/* Both sides prime zlib with the same text: words with their lengths before them, then a tail without. SPDY draft 3,
 * section 2.6.10.1; its Adler-32 is 0xe3c6a7c2. */
static const char *const dictionary_words[] = {
    "options",
    "head",
    "post",
    "put",
    "delete",
    "trace",
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "connection",
    "content-base",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "location",
    "max-forwards",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
    "referer",
    "retry-after",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "method",
    "get",
    "status",
    "200 OK",
    "version",
    "HTTP/1.1",
    "url",
    "public",
    "set-cookie",
    "keep-alive",
    "origin",
};
static const char dictionary_tail[] =
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
    "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,"
    "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

#define WINDOW_BITS  11 /* enough for the dictionary; keeps a session at a few kilobytes */
#define MEMORY_LEVEL 1

static void append_number(struct buffer *buffer, size_t number)
{
    const char bytes[4] = { (char)(number >> 24), (char)(number >> 16), (char)(number >> 8), (char)number };
    buffer_append(buffer, bytes, sizeof(bytes));
}

static void append_text(struct buffer *buffer, struct str text)
{
    append_number(buffer, text.size);
    buffer_append_str(buffer, text);
}

static void build_dictionary(struct buffer *buffer)
{
    for (size_t i = 0; i < countof(dictionary_words); i++)
        append_text(buffer, str_of(dictionary_words[i]));
    buffer_append(buffer, dictionary_tail, sizeof(dictionary_tail) - 1);
}

void spdy_codec_init(struct spdy_codec *codec)
{
    *codec = (struct spdy_codec){ 0 };
    auto_buffer struct buffer dictionary = { 0 };
    build_dictionary(&dictionary);
    if (deflateInit2(&codec->deflate, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
            Z_OK ||
        deflateSetDictionary(&codec->deflate, (const Bytef *)dictionary.data, (uInt)dictionary.size) != Z_OK ||
        inflateInit(&codec->inflate) != Z_OK)
        abort(); /* only out of memory, as in memory.h */
}

void spdy_codec_fini(struct spdy_codec *codec)
{
    deflateEnd(&codec->deflate);
    inflateEnd(&codec->inflate);
}

void spdy_block_encode(struct spdy_codec *codec, const struct http_headers *headers, struct buffer *out)
{
    auto_buffer struct buffer plain = { .max = SPDY_BLOCK_MAX };
    append_number(&plain, headers->count);
    for (size_t i = 0; i < headers->count; i++) {
        append_text(&plain, headers->items[i].name);
        append_text(&plain, headers->items[i].value);
    }
    z_stream *deflater = &codec->deflate;
    deflater->next_in = (Bytef *)plain.data;
    deflater->avail_in = (uInt)plain.size;
    do {
        size_t room = deflateBound(deflater, deflater->avail_in) + 64;
        char *space = buffer_reserve(out, room);
        if (space == NULL)
            return;
        deflater->next_out = (Bytef *)space;
        deflater->avail_out = (uInt)room;
        deflate(deflater, Z_SYNC_FLUSH);
        buffer_commit(out, room - deflater->avail_out);
    } while (deflater->avail_out == 0);
}

static int inflate_block(struct spdy_codec *codec, struct str bytes, struct buffer *plain, struct error *err)
{
    z_stream *inflater = &codec->inflate;
    inflater->next_in = (Bytef *)bytes.data;
    inflater->avail_in = (uInt)bytes.size;
    for (;;) {
        char *space = buffer_reserve(plain, 1024);
        if (space == NULL)
            return error_set(err, ERROR_LIMIT, "spdy: a header block is larger than %zu bytes", SPDY_BLOCK_MAX);
        inflater->next_out = (Bytef *)space;
        inflater->avail_out = 1024;
        int code = inflate(inflater, Z_SYNC_FLUSH);
        if (code == Z_NEED_DICT) {
            auto_buffer struct buffer dictionary = { 0 };
            build_dictionary(&dictionary);
            code = inflateSetDictionary(inflater, (const Bytef *)dictionary.data, (uInt)dictionary.size);
        }
        buffer_commit(plain, 1024 - inflater->avail_out);
        if (code != Z_OK && code != Z_BUF_ERROR)
            return error_set(err, ERROR_PROTOCOL, "spdy: a header block does not decompress");
        if (inflater->avail_in == 0 && inflater->avail_out > 0)
            return 0;
        if (code == Z_BUF_ERROR)
            return error_set(err, ERROR_PROTOCOL, "spdy: a header block does not decompress");
    }
}

static bool take_number(struct str *rest, size_t *ret_number)
{
    if (rest->size < 4)
        return false;
    const unsigned char *bytes = (const unsigned char *)rest->data;
    *ret_number = (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
    *rest = str_skip(*rest, 4);
    return true;
}

static bool take_text(struct str *rest, struct str *ret_text)
{
    size_t size;
    if (!take_number(rest, &size) || size > rest->size)
        return false;
    *ret_text = (struct str){ rest->data, size };
    *rest = str_skip(*rest, size);
    return true;
}

int spdy_block_decode(struct spdy_codec *codec, struct str bytes, struct arena *arena, struct http_headers *ret_headers,
                      struct error *err)
{
    auto_buffer struct buffer plain = { .max = SPDY_BLOCK_MAX };
    int rc = inflate_block(codec, bytes, &plain, err);
    if (rc < 0)
        return rc;
    static const struct http_limits limits = { .header_bytes = 2 * SPDY_BLOCK_MAX, .header_count = 256 };
    struct http_block block = { .arena = arena };
    struct str rest = buffer_str(&plain);
    size_t count;
    bool good = take_number(&rest, &count);
    for (size_t i = 0; good && i < count; i++) {
        struct str name, value;
        good = take_text(&rest, &name) && take_text(&rest, &value) && http_block_add(&block, &limits, name, value);
    }
    if (!good)
        return error_set(err, ERROR_PROTOCOL, "spdy: a header block is malformed");
    *ret_headers = http_block_headers(&block);
    return 0;
}
