/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* conversion.c - how objects get from one version to another. */
#include "api/validation/apiextensions/definition.h"
#include "api/validation/webhook.h"
#include "codec/json.h"

typedef struct api_apiextensions_custom_resource_conversion conversion_type;
typedef struct api_apiextensions_webhook_client_config client_config;

static bool is_known(const char *version)
{
    return text_equal(version, "v1") || text_equal(version, "v1beta1");
}

bool conversion_has_known_review_version(const conversion_type *conversion)
{
    if (conversion->webhook == NULL || conversion->webhook->n_conversion_review_versions == 0)
        return true;
    for (size_t i = 0; i < conversion->webhook->n_conversion_review_versions; i++)
        if (is_known(conversion->webhook->conversion_review_versions[i]))
            return true;
    return false;
}

static const client_config *client_of(const conversion_type *conversion)
{
    return conversion != NULL && conversion->webhook != NULL ? conversion->webhook->client_config : NULL;
}

bool conversion_has_bad_ca_bundle(const conversion_type *conversion)
{
    const client_config *client = client_of(conversion);
    return client != NULL && client->ca_bundle.size > 0 && !ca_bundle_ok(client->ca_bundle);
}

static void check_review_versions(const struct api_apiextensions_webhook_conversion *webhook, bool known_required,
                                  const struct field_at *at, struct api_invalid *errors)
{
    if (webhook == NULL || webhook->n_conversion_review_versions == 0) {
        invalid_missing(errors, at);
        return;
    }
    auto_buffer struct buffer shown = { 0 };
    bool known = false;
    for (size_t i = 0; i < webhook->n_conversion_review_versions; i++) {
        const char *version = webhook->conversion_review_versions[i];
        bool repeated = false;
        buffer_append_char(&shown, i > 0 ? ',' : '[');
        json_append_string(&shown, str_of(version));
        for (size_t k = 0; k < i; k++)
            repeated = repeated || text_equal(version, webhook->conversion_review_versions[k]);
        if (repeated)
            invalid_string(errors, at_index(at, i), version, "duplicate version");
        else
            invalid_format(errors, at_index(at, i), format_dns1035_label, version);
        known = known || is_known(version);
    }
    buffer_append_char(&shown, ']');
    if (known_required && !known)
        invalid_raw(errors, at, shown.data, "must include at least one of v1, v1beta1");
}

static void check_client(const client_config *client, bool ca_bundle, const struct field_at *at,
                         struct api_invalid *errors)
{
    if (client == NULL) {
        invalid_required(errors, at, "required when strategy is set to Webhook");
        return;
    }
    const struct api_apiextensions_service_reference *service = client->service;
    if ((client->url == NULL) == (service == NULL))
        invalid_required(errors, at, "exactly one of url or service is required");
    else if (client->url != NULL)
        validate_webhook_url(client->url, at_field(at, "url"), errors);
    else /* upstream hands over the name for the namespace, and the other way round */
        validate_webhook_service(service->name, service->namespace, service->path,
                                 service->port != NULL ? *service->port : 443, at_field(at, "service"), errors);
    if (client->ca_bundle.size > 0 && ca_bundle)
        validate_ca_bundle(client->ca_bundle, at_field(at, "caBundle"), errors);
}

void validate_definition_conversion(const definition_spec *spec, const struct definition_rules *rules,
                                    const struct field_at *parent, struct api_invalid *errors)
{
    static const char *const strategies[] = { "None", "Webhook", NULL };
    const conversion_type *conversion = spec->conversion;
    const struct field_at *at = at_field(parent, "conversion");
    const struct field_at *client = at_field(at, "webhookClientConfig"),
                          *versions = at_field(at, "conversionReviewVersions");
    if (conversion == NULL)
        return;
    if (!text_equal(conversion->strategy, "None") && spec->preserve_unknown_fields)
        invalid_string(errors, at_field(at, "strategy"), conversion->strategy,
                       "must be None if spec.preserveUnknownFields is true");
    invalid_one_of(errors, at_field(at, "strategy"), conversion->strategy, strategies, true);
    if (text_equal(conversion->strategy, "Webhook")) {
        check_client(client_of(conversion), rules->ca_bundle, client, errors);
        check_review_versions(conversion->webhook, rules->known_review_version, versions, errors);
        return;
    }
    if (client_of(conversion) != NULL)
        invalid_forbidden(errors, client, "should not be set when strategy is not set to Webhook");
    if (conversion->webhook != NULL && conversion->webhook->n_conversion_review_versions > 0)
        invalid_forbidden(errors, versions, "should not be set when strategy is not set to Webhook");
}
