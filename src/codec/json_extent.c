/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "codec/json_extent.h"

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BLOCK 64

/* Which of the bytes of a block are what: the lowest bit is the first byte. */
struct marks {
    uint64_t quotes, backslashes, opening, closing;
};

/* [ and { differ by one bit, as ] and } do. */
#define CASE_BIT 0x20

#ifdef __SSE2__
static void mark(const char *block, struct marks *ret_marks)
{
    *ret_marks = (struct marks){ 0 };
    for (unsigned i = 0; i < BLOCK; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block + i));
        __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(CASE_BIT));
#define MASK(vector, c) ((uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(vector, _mm_set1_epi8(c))) << i)
        ret_marks->quotes |= MASK(bytes, '"');
        ret_marks->backslashes |= MASK(bytes, '\\');
        ret_marks->opening |= MASK(folded, '{');
        ret_marks->closing |= MASK(folded, '}');
#undef MASK
    }
}
#else
static void mark(const char *block, struct marks *ret_marks)
{
    *ret_marks = (struct marks){ 0 };
    for (unsigned i = 0; i < BLOCK; i++) {
        uint64_t bit = (uint64_t)1 << i;
        char c = block[i], folded = (char)(c | CASE_BIT);
        ret_marks->quotes |= c == '"' ? bit : 0;
        ret_marks->backslashes |= c == '\\' ? bit : 0;
        ret_marks->opening |= folded == '{' ? bit : 0;
        ret_marks->closing |= folded == '}' ? bit : 0;
    }
}
#endif

/* What goes on from block to block. */
struct progress {
    bool string;  /* the block begins inside of one */
    bool escaped; /* a backslash stands before the block */
    size_t depth;
};

/* The bytes behind a backslash that is none itself. Outside of strings there are no backslashes in good text. */
static uint64_t escaped_bytes(uint64_t backslashes, bool *escaped)
{
    uint64_t found = *escaped ? 1 : 0;
    backslashes &= ~found;
    *escaped = false;
    while (backslashes != 0) {
        uint64_t lowest = backslashes & -backslashes, next = lowest << 1;
        *escaped = next == 0;
        found |= next;
        backslashes &= ~(lowest | next);
    }
    return found;
}

/* A bit for each byte with an odd number of quotes up to it: inside of a string, its opening quote too. */
static uint64_t inside_strings(uint64_t quotes, bool *string)
{
    for (unsigned shift = 1; shift < BLOCK; shift *= 2)
        quotes ^= quotes << shift;
    quotes ^= *string ? ~(uint64_t)0 : 0;
    *string = quotes >> (BLOCK - 1) != 0;
    return quotes;
}

/* Without a call, which is what the compiler makes of it for processors that may not know how. */
static inline size_t count_bits(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (size_t)(bits * 0x0101010101010101 >> 56);
}

/* How many bytes of the block belong to the value; 0: all, and it goes on. */
static size_t end_in_block(const char *block, struct progress *progress)
{
    struct marks marks;
    mark(block, &marks);
    uint64_t quotes = marks.quotes & ~escaped_bytes(marks.backslashes, &progress->escaped);
    uint64_t outside = ~inside_strings(quotes, &progress->string);
    uint64_t opening = marks.opening & outside, closing = marks.closing & outside;
    size_t n_closing = count_bits(closing);
    if (n_closing < progress->depth) { /* it cannot end here */
        progress->depth += count_bits(opening) - n_closing;
        return 0;
    }
    for (uint64_t brackets = opening | closing; brackets != 0; brackets &= brackets - 1) {
        uint64_t lowest = brackets & -brackets;
        progress->depth += (opening & lowest) != 0 ? 1 : (size_t)-1;
        if (progress->depth == 0)
            return (size_t)__builtin_ctzll(lowest) + 1;
    }
    return 0;
}

size_t json_extent(struct str text)
{
    struct progress progress = { 0 };
    size_t at = 0, end;
    for (; text.size - at >= BLOCK; at += BLOCK) {
        end = end_in_block(text.data + at, &progress);
        if (end > 0)
            return at + end;
    }
    char last[BLOCK] = { 0 };
    if (at == text.size)
        return 0;
    memcpy(last, text.data + at, text.size - at);
    end = end_in_block(last, &progress);
    return end > 0 ? at + end : 0;
}
