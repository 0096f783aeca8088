/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apiserver/http/negotiation.h"

#define JSON     "application/json"
#define YAML     "application/yaml"
#define PROTOBUF "application/vnd.kubernetes.protobuf"
#define META     ";g=meta.k8s.io;v=v1"

static const struct {
    const char *accept;
    enum media_transforms transforms;
    bool refused;
    struct media media;
} accept_cases[] = {
    { "", TRANSFORM_ALL, false, { MEDIA_JSON } },
    { "*/*", TRANSFORM_ALL, false, { MEDIA_JSON } },
    { "*", TRANSFORM_ALL, false, { MEDIA_JSON } },
    { "application/*", TRANSFORM_ALL, false, { MEDIA_JSON } },
    { JSON ", */*", TRANSFORM_ALL, false, { MEDIA_JSON } },
    { YAML, TRANSFORM_NONE, false, { MEDIA_YAML } },
    { "*/*, " PROTOBUF, TRANSFORM_NONE, false, { MEDIA_PROTOBUF } },
    { "*/*;q=0.9, text/html, " YAML ";q=0.5", TRANSFORM_NONE, false, { MEDIA_JSON } },
    { JSON ";q=0.5," PROTOBUF ";q=0.75", TRANSFORM_NONE, false, { MEDIA_PROTOBUF } },
    { JSON ";q=0.123," PROTOBUF ";q=0.122", TRANSFORM_NONE, false, { MEDIA_JSON } },
    { JSON ";q=0", TRANSFORM_NONE, true, { MEDIA_JSON } },
    { PROTOBUF "," JSON, TRANSFORM_NONE, false, { MEDIA_PROTOBUF } },
    { JSON "; charset=utf-8; hello=world", TRANSFORM_NONE, false, { MEDIA_JSON } },
    { "text/html", TRANSFORM_ALL, true, { MEDIA_JSON } },
    { "text/html, " JSON, TRANSFORM_ALL, false, { MEDIA_JSON } },
    { "application/cbor", TRANSFORM_ALL, true, { MEDIA_JSON } },
    { "application/cbor, " JSON, TRANSFORM_ALL, false, { MEDIA_JSON } },
    { "nonsense", TRANSFORM_ALL, true, { MEDIA_JSON } },
    { ",;,/", TRANSFORM_ALL, true, { MEDIA_JSON } },
    { JSON ";pretty=1", TRANSFORM_ALL, false, { MEDIA_JSON, .pretty = true } },
    { JSON ";pretty=true", TRANSFORM_ALL, false, { MEDIA_JSON } },
    { JSON ";stream=watch", TRANSFORM_ALL, false, { MEDIA_JSON } },
    { JSON ";stream=else," YAML, TRANSFORM_ALL, false, { MEDIA_YAML } },
    { YAML ";stream=watch", TRANSFORM_ALL, true, { MEDIA_JSON } },
    { PROTOBUF ";stream=watch", TRANSFORM_ALL, false, { MEDIA_PROTOBUF } },
    { JSON ";sv=v1", TRANSFORM_ALL, false, { MEDIA_JSON } },
    { JSON ";sv=v2", TRANSFORM_ALL, true, { MEDIA_JSON } },
    { JSON ";as=Table" META, TRANSFORM_ALL, false, { MEDIA_JSON, SHAPE_TABLE } },
    { YAML ";as=Table" META, TRANSFORM_ALL, false, { MEDIA_YAML, SHAPE_TABLE } },
    { "*/*;as=Table" META, TRANSFORM_ALL, false, { MEDIA_JSON, SHAPE_TABLE } },
    { JSON ";as=Table;v=v1beta1;g=meta.k8s.io", TRANSFORM_ALL, false, { MEDIA_JSON, SHAPE_TABLE, .beta = true } },
    { JSON ";as=Table;v=v2;g=meta.k8s.io", TRANSFORM_ALL, true, { MEDIA_JSON } },
    { JSON ";as=Table;v=v1;g=example.com", TRANSFORM_ALL, true, { MEDIA_JSON } },
    { JSON ";as=Chair" META, TRANSFORM_ALL, true, { MEDIA_JSON } },
    { JSON ";v=v1", TRANSFORM_ALL, true, { MEDIA_JSON } },
    { JSON ";as=Table;v=v2;g=meta.k8s.io," JSON ";as=Table" META "," JSON,
      TRANSFORM_ALL,
      false,
      { MEDIA_JSON, SHAPE_TABLE } },
    { JSON ";as=Table" META "," JSON ";as=Table;v=v1beta1;g=meta.k8s.io," JSON, TRANSFORM_NONE, false, { MEDIA_JSON } },
    { PROTOBUF ";as=Table" META "," JSON ";as=Table" META, TRANSFORM_ALL, false, { MEDIA_JSON, SHAPE_TABLE } },
    { PROTOBUF ";as=PartialObjectMetadata" META, TRANSFORM_METADATA, false, { MEDIA_PROTOBUF, SHAPE_METADATA } },
    { PROTOBUF ";as=PartialObjectMetadataList" META "," JSON ";as=PartialObjectMetadataList" META,
      TRANSFORM_ALL,
      false,
      { MEDIA_PROTOBUF, SHAPE_METADATA_LIST } },
    { JSON ";as=Table" META, TRANSFORM_METADATA, true, { MEDIA_JSON } },
    { "*/*, " JSON ";as=Table" META, TRANSFORM_ALL, false, { MEDIA_JSON, SHAPE_TABLE } },
};

static void accepted_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(accept_cases); i++) {
        struct media media = { .format = MEDIA_YAML };
        bool accepted = media_negotiate(str_of(accept_cases[i].accept), accept_cases[i].transforms, &media);
        const struct media *want = &accept_cases[i].media;
        if (accepted == accept_cases[i].refused)
            fail_msg("%s: %s", accept_cases[i].accept, accepted ? "accepted" : "refused");
        if (accepted && (media.format != want->format || media.shape != want->shape || media.beta != want->beta ||
                         media.pretty != want->pretty))
            fail_msg("%s: format %d, shape %d", accept_cases[i].accept, media.format, media.shape);
    }
}

static void discovery(void **state)
{
    (void)state;
#define LIST ";g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"
    struct media media;
    assert_true(media_wants_aggregated_discovery(STR(JSON ";v=v2" LIST "," JSON ";v=v2beta1" LIST "," JSON), &media));
    assert_true(media_wants_aggregated_discovery(STR(JSON "," JSON ";v=v2" LIST ";profile=nopeer"), &media));
    assert_int_equal(media.format, MEDIA_JSON);
    assert_true(media_wants_aggregated_discovery(STR(PROTOBUF ";v=v2" LIST "," JSON), &media));
    assert_int_equal(media.format, MEDIA_PROTOBUF);
    assert_false(media_wants_aggregated_discovery(STR(JSON ";v=v2beta1" LIST "," JSON), &media));
    assert_false(media_wants_aggregated_discovery(STR(JSON ", */*"), &media));
    assert_false(media_wants_aggregated_discovery(STR(""), &media));
}

static void bodies(void **state)
{
    (void)state;
    enum body_format format = BODY_NONE;
    enum client_patch patch;
    assert_true(media_of_body(STR(""), &format) && format == BODY_JSON);
    assert_true(media_of_body(STR("application/json; charset=utf-8"), &format) && format == BODY_JSON);
    assert_true(media_of_body(STR("Application/YAML"), &format) && format == BODY_YAML);
    assert_true(media_of_body(STR(PROTOBUF ";stream=watch"), &format) && format == BODY_PROTOBUF);
    assert_false(media_of_body(STR("*/*"), &format));
    assert_false(media_of_body(STR("application/*"), &format));
    assert_false(media_of_body(STR("application/cbor"), &format));
    assert_false(media_of_body(STR("text/plain"), &format));
    assert_true(media_of_patch(STR("application/merge-patch+json;charset=utf-8"), &patch));
    assert_false(media_of_patch(STR("application/json"), &patch));
    assert_false(media_of_patch(STR("application/apply-patch+cbor"), &patch));
}

static void encodings(void **state)
{
    (void)state;
    assert_true(media_accepts_gzip(STR("gzip")));
    assert_true(media_accepts_gzip(STR("deflate, gzip;q=0.5")));
    assert_false(media_accepts_gzip(STR("gzip;q=0")));
    assert_false(media_accepts_gzip(STR("gzip ; q=0.000, br")));
    assert_false(media_accepts_gzip(STR("identity")));
    assert_false(media_accepts_gzip(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_types),
        cmocka_unit_test(discovery),
        cmocka_unit_test(bodies),
        cmocka_unit_test(encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
