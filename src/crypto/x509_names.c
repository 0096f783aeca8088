/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* x509_names.c - see x509_names.h. */
#include "crypto/x509_names.h"

#include <string.h>

DEFINE_OPENSSL_CLEANUP(X509_NAME, X509_NAME_free)
DEFINE_OPENSSL_CLEANUP(GENERAL_NAME, GENERAL_NAME_free)
DEFINE_OPENSSL_CLEANUP(ASN1_STRING, ASN1_STRING_free)

X509_NAME *x509_make_subject(const struct x509_template *what)
{
    auto_openssl(X509_NAME_free) X509_NAME *name = X509_NAME_new();
    if (name == NULL)
        return NULL;
    for (const char *const *item = what->organizations; item != NULL && *item != NULL; item++)
        if (X509_NAME_add_entry_by_NID(name, NID_organizationName, MBSTRING_UTF8, (const unsigned char *)*item, -1, -1,
                                       0) != 1)
            return NULL;
    if (what->common_name != NULL && what->common_name[0] != '\0' &&
        X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, (const unsigned char *)what->common_name, -1,
                                   -1, 0) != 1)
        return NULL;
    return take_pointer(&name);
}

static bool add_name(GENERAL_NAMES *names, int type, int asn1_type, const void *bytes, size_t size)
{
    auto_openssl(GENERAL_NAME_free) GENERAL_NAME *name = GENERAL_NAME_new();
    auto_openssl(ASN1_STRING_free) ASN1_STRING *text = ASN1_STRING_type_new(asn1_type);
    if (name == NULL || text == NULL || ASN1_STRING_set(text, bytes, (int)size) != 1)
        return false;
    GENERAL_NAME_set0_value(name, type, take_pointer(&text));
    if (sk_GENERAL_NAME_push(names, name) <= 0)
        return false;
    name = NULL; /* the list's now */
    return true;
}

GENERAL_NAMES *x509_make_names(const struct x509_template *what)
{
    __attribute__((cleanup(free_names))) GENERAL_NAMES *names = GENERAL_NAMES_new();
    if (names == NULL)
        return NULL;
    for (const char *const *item = what->dns_names; item != NULL && *item != NULL; item++)
        if (!add_name(names, GEN_DNS, V_ASN1_IA5STRING, *item, strlen(*item)))
            return NULL;
    for (size_t i = 0; i < what->address_count; i++)
        if (!add_name(names, GEN_IPADD, V_ASN1_OCTET_STRING, what->addresses[i].bytes, ip_size(&what->addresses[i])))
            return NULL;
    return take_pointer(&names);
}

/* A NUL inside would end the name for those who read C strings, and not for those who do not. */
static int copy_text(const ASN1_STRING *string, struct arena *arena, const char **ret_text, struct error *err)
{
    unsigned char *text = NULL;
    int size = ASN1_STRING_to_UTF8(&text, string);
    if (size < 0)
        return openssl_syntax_error(err, "read a name in a certificate");
    bool fine = memchr(text, 0, (size_t)size) == NULL;
    if (fine)
        *ret_text = arena_strndup(arena, (const char *)text, (size_t)size);
    OPENSSL_free(text);
    return fine ? 0 : error_set(err, ERROR_SYNTAX, "a name in the certificate has a NUL inside");
}

static int read_subject(const X509_NAME *subject, struct arena *arena, struct x509_info *info, struct error *err)
{
    int total = X509_NAME_entry_count(subject), organizations = 0;
    const char **list = arena_new_array(arena, const char *, (size_t)total + 1);
    info->common_name = "";
    for (int i = 0; i < total; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, i);
        int kind = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)), rc = 0;
        if (kind == NID_commonName)
            rc = copy_text(X509_NAME_ENTRY_get_data(entry), arena, &info->common_name, err);
        else if (kind == NID_organizationName)
            rc = copy_text(X509_NAME_ENTRY_get_data(entry), arena, &list[organizations++], err);
        if (rc < 0)
            return rc;
    }
    info->organizations = list;
    return 0;
}

static int read_address(const ASN1_STRING *bytes, struct ip *ret_ip, struct error *err)
{
    int size = ASN1_STRING_length(bytes);
    if (size != 4 && size != 16)
        return error_set(err, ERROR_SYNTAX, "an address in the certificate has %d bytes", size);
    struct ip ip = { .family = size == 4 ? IP_V4 : IP_V6 };
    memcpy(ip.bytes, ASN1_STRING_get0_data(bytes), (size_t)size);
    *ret_ip = ip;
    return 0;
}

int x509_read_names(const X509_NAME *subject, const GENERAL_NAMES *names, struct arena *arena, struct x509_info *info,
                    struct error *err)
{
    int rc = read_subject(subject, arena, info, err);
    if (rc < 0)
        return rc;
    int total = names == NULL ? 0 : sk_GENERAL_NAME_num(names);
    size_t count = (size_t)total, dns = 0, uris = 0, emails = 0, addresses = 0;
    const char **dns_names = arena_new_array(arena, const char *, count + 1);
    const char **uri_list = arena_new_array(arena, const char *, count + 1);
    const char **email_list = arena_new_array(arena, const char *, count + 1);
    struct ip *ips = arena_new_array(arena, struct ip, count + 1);
    for (int i = 0; i < total && rc == 0; i++) {
        int type = 0;
        const void *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
        if (type == GEN_DNS)
            rc = copy_text(value, arena, &dns_names[dns++], err);
        else if (type == GEN_URI)
            rc = copy_text(value, arena, &uri_list[uris++], err);
        else if (type == GEN_EMAIL)
            rc = copy_text(value, arena, &email_list[emails++], err);
        else if (type == GEN_IPADD)
            rc = read_address(value, &ips[addresses++], err);
    }
    info->dns_names = dns_names;
    info->uris = uri_list;
    info->emails = email_list;
    info->addresses = ips;
    info->address_count = addresses;
    return rc;
}
