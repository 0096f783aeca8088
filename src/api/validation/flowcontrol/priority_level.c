/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* priority_level.c - PriorityLevelConfigurations: how many requests of a kind may run and wait. */
#include <math.h>

#include "api/codec.h"
#include "api/validation/flowcontrol/mandatory.h"
#include "api/validation/formats/text_set.h"
#include "api/validation/kind_rules.h"
#include "api/value/entry.h"

#define QUEUES_MAX      10000000
#define HASH_BITS_MAX   60
#define ZERO_ANNOTATION "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares"

static const char *const types[] = { "Exempt", "Limited", NULL };
static const char *const responses[] = { "Queue", "Reject", NULL };

/* Bits of a hash that dealing a hand of so many queues takes. */
static int entropy_bits(int32_t queues, int32_t hand)
{
    double bits = 0;

    for (int32_t i = 0; i < hand && bits <= HASH_BITS_MAX; i++)
        bits += log2((double)(queues - i));
    return (int)ceil(bits);
}

static void validate_queuing(const struct api_flowcontrol_queuing_configuration *queuing, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct field_at *hand = at_field(at, "handSize");

    if (queuing->queue_length_limit <= 0)
        invalid_number(errors, at_field(at, "queueLengthLimit"), queuing->queue_length_limit, "must be positive");
    if (queuing->queues <= 0)
        invalid_number(errors, at_field(at, "queues"), queuing->queues, "must be positive");
    else if (queuing->queues > QUEUES_MAX)
        invalid_number(errors, at_field(at, "queues"), queuing->queues, "must not be greater than %d", QUEUES_MAX);
    if (queuing->hand_size <= 0)
        invalid_number(errors, hand, queuing->hand_size, "must be positive");
    else if (queuing->hand_size > queuing->queues)
        invalid_number(errors, hand, queuing->hand_size, "should not be greater than queues (%d)", queuing->queues);
    else if (entropy_bits(queuing->queues, queuing->hand_size) > HASH_BITS_MAX)
        invalid_number(errors, hand, queuing->hand_size,
                       "required entropy bits of deckSize %d and handSize %d should not be greater than %d",
                       queuing->queues, queuing->hand_size, HASH_BITS_MAX);
}

static void validate_response(const struct api_flowcontrol_limit_response *response, const struct field_at *at,
                              struct api_invalid *errors)
{
    const struct field_at *queuing = at_field(at, "queuing");

    if (!invalid_one_of(errors, at_field(at, "type"), response->type, responses, true))
        return;
    if (text_equal(response->type, "Reject")) {
        if (response->queuing != NULL)
            invalid_forbidden(errors, queuing, "must be nil if limited.limitResponse.type is not Limited");
    } else if (response->queuing == NULL) {
        invalid_required(errors, queuing, "must not be empty if limited.limitResponse.type is Limited");
    } else {
        validate_queuing(response->queuing, queuing, errors);
    }
}

static void validate_shares(const int32_t *shares, const struct field_at *at, struct api_invalid *errors)
{
    if (shares != NULL && *shares < 0)
        invalid_number(errors, at_field(at, "nominalConcurrencyShares"), *shares, "must be a non-negative integer");
}

static void validate_lendable(const int32_t *percent, const struct field_at *at, struct api_invalid *errors)
{
    if (percent != NULL && (*percent < 0 || *percent > 100))
        invalid_number(errors, at_field(at, "lendablePercent"), *percent, "must be between 0 and 100, inclusive");
}

static void validate_limited(const struct api_flowcontrol_limited_priority_level_configuration *limited,
                             const struct field_at *at, struct api_invalid *errors)
{
    validate_shares(limited->nominal_concurrency_shares, at, errors);
    validate_response(&limited->limit_response, at_field(at, "limitResponse"), errors);
    validate_lendable(limited->lendable_percent, at, errors);
    if (limited->borrowing_limit_percent != NULL && *limited->borrowing_limit_percent < 0)
        invalid_number(errors, at_field(at, "borrowingLimitPercent"), *limited->borrowing_limit_percent,
                       "if specified, must be a non-negative integer");
}

static void validate_spec(const struct api_flowcontrol_priority_level_configuration_spec *spec, bool exempt_name,
                          struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *limited = at_field(at, "limited");
    bool exempt = text_equal(spec->type, "Exempt");

    if (exempt_name != exempt)
        invalid_string(errors, at_field(at, "type"), spec->type, "must be 'Exempt' if and only if `name` is 'exempt'");
    if (!invalid_one_of(errors, at_field(at, "type"), spec->type, types, true))
        return;
    if (exempt) {
        if (spec->limited != NULL)
            invalid_forbidden(errors, limited, "must be nil if the type is not Limited");
        if (spec->exempt != NULL) {
            validate_shares(spec->exempt->nominal_concurrency_shares, at_field(at, "exempt"), errors);
            validate_lendable(spec->exempt->lendable_percent, at_field(at, "exempt"), errors);
        }
        return;
    }
    if (spec->exempt != NULL)
        invalid_forbidden(errors, at_field(at, "exempt"), "must be nil if the type is Limited");
    if (spec->limited == NULL)
        invalid_required(errors, limited, "must not be empty when type is Limited");
    else
        validate_limited(spec->limited, limited, errors);
}

/* Of "exempt" its limits may change. */
static void validate_fixed(const struct api_flowcontrol_priority_level_configuration *level, struct api_invalid *errors)
{
    const struct api_type *type = &api_type_flowcontrol_priority_level_configuration_spec;
    const struct api_flowcontrol_priority_level_configuration_spec *fixed =
        mandatory_priority_level(level->metadata.name);
    struct api_flowcontrol_priority_level_configuration_spec spec = level->spec;
    bool exempt = text_equal(level->metadata.name, "exempt");

    if (fixed == NULL)
        return;
    if (exempt)
        spec.exempt = fixed->exempt;
    if (!api_equal(type, &spec, fixed))
        invalid_object(errors, at_field(NULL, "spec"), type, &level->spec,
                       exempt ? "spec of '%s' except the 'spec.exempt' field must equal the fixed value"
                              : "spec of '%s' must equal the fixed value",
                       level->metadata.name);
}

void validate_priority_level_status(const void *object, const void *old, struct api_invalid *errors)
{
    auto_text_set struct text_set seen = { 0 };
    const struct api_flowcontrol_priority_level_configuration_status *status =
        &((const struct api_flowcontrol_priority_level_configuration *)object)->status;
    const struct field_at *at = at_field(at_field(NULL, "status"), "conditions");

    (void)old;
    for (size_t i = 0; i < status->n_conditions; i++) {
        const struct field_at *type = at_field(at_index(at, i), "type");
        invalid_repeated(errors, type, &seen, status->conditions[i].type);
        if (text_empty(status->conditions[i].type))
            invalid_missing(errors, type);
    }
}

void validate_priority_level_create(const void *object, struct api_invalid *errors)
{
    const struct api_flowcontrol_priority_level_configuration *level = object;
    const struct api_object_meta *meta = &level->metadata;

    if (string_entry_value(meta->annotations, meta->n_annotations, ZERO_ANNOTATION) != NULL)
        invalid_forbidden(errors, at_field(at_field(NULL, "metadata"), "annotations"),
                          "annotation '" ZERO_ANNOTATION "' is forbidden");
    validate_spec(&level->spec, text_equal(meta->name, "exempt"), errors);
    validate_fixed(level, errors);
    validate_priority_level_status(object, NULL, errors);
}

void validate_priority_level_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_priority_level_create(object, errors);
}
