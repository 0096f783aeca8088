/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* base64.c - see base64.h. */
#include "base/text/base64.h"

static const char standard_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(struct str bytes, const char *alphabet, bool padded, struct buffer *text)
{
    char *out = buffer_reserve(text, (bytes.size + 2) / 3 * 4);
    if (out == NULL)
        return;
    size_t used = 0;
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t group = (uint32_t)(uint8_t)bytes.data[i] << 16;
        group |= left > 1 ? (uint32_t)(uint8_t)bytes.data[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)(uint8_t)bytes.data[i + 2] : 0;
        for (size_t k = 0; k < 4; k++) {
            if (k <= left)
                out[used++] = alphabet[group >> (18 - 6 * k) & 63];
            else if (padded)
                out[used++] = '=';
        }
    }
    buffer_commit(text, used);
}

static int value_of(char c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    return c == (url ? '_' : '/') ? 63 : -1;
}

/* Without padding. */
static bool decode(struct str text, bool url, struct buffer *bytes)
{
    if (text.size % 4 == 1)
        return false;
    char *out = buffer_reserve(bytes, text.size / 4 * 3 + 3);
    if (out == NULL)
        return false;
    size_t used = 0;
    uint32_t group = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < text.size; i++) {
        int value = value_of(text.data[i], url);
        if (value < 0)
            return false;
        group = group << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[used++] = (char)(group >> bits);
            group &= (1U << bits) - 1;
        }
    }
    if (group != 0)
        return false;
    buffer_commit(bytes, used);
    return true;
}

void base64_encode(struct str bytes, struct buffer *text)
{
    encode(bytes, standard_alphabet, true, text);
}

void base64url_encode(struct str bytes, struct buffer *text)
{
    encode(bytes, url_alphabet, false, text);
}

bool base64_decode(struct str text, struct buffer *bytes)
{
    if (text.size % 4 != 0)
        return false;
    for (int i = 0; i < 2 && text.size > 0 && text.data[text.size - 1] == '='; i++)
        text.size--;
    return decode(text, false, bytes);
}

bool base64url_decode(struct str text, struct buffer *bytes)
{
    return decode(text, true, bytes);
}

void hex_encode(struct str bytes, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.size; i++) {
        *text++ = digits[(uint8_t)bytes.data[i] >> 4];
        *text++ = digits[(uint8_t)bytes.data[i] & 15];
    }
    *text = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(struct str text, uint8_t *bytes, size_t size)
{
    if (text.size != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(text.data[2 * i]), low = hex_value(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
