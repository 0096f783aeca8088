/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* signing_request_test.c - the rules of CertificateSigningRequests, a line for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

static const char csr[] = "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: A_b}\n"
                          "spec: {request: YQ==, signerName: example.com/s, usages: [client auth]}\n";
#define CONDITIONS(text) "status: {conditions: [" text "]}"
#define APPROVED         "{type: Approved, status: 'True'}"
#define DENIED           "{type: Denied, status: 'True'}"
#define FAILED           "{type: Failed, status: 'True'}"
#define USAGES                                                                                                    \
    "supported values: \"any\", \"cert sign\", \"client auth\", \"code signing\", \"content commitment\", \"crl " \
    "sign\", \"data encipherment\", \"decipher only\", \"digital signature\", \"email protection\", \"encipher "  \
    "only\", \"ipsec end system\", \"ipsec tunnel\", \"ipsec user\", \"key agreement\", \"key encipherment\", "   \
    "\"microsoft sgc\", \"netscape sgc\", \"ocsp signing\", \"s/mime\", \"server auth\", \"signing\", "           \
    "\"timestamping\""

static const struct rule_create creates[] = {
    { "", "" },
    { "spec: {usages: []}", "spec.usages: Required value" },
    { "spec: {usages: [x]}", "spec.usages[0]: Unsupported value: \"x\": " USAGES },
    { "spec: {usages: [any, any]}", "spec.usages[1]: Duplicate value: \"any\"" },
    { "spec: {signerName: kubernetes.io/legacy-unknown}",
      "spec.signerName: Invalid value: \"kubernetes.io/legacy-unknown\": the legacy signerName is not allowed via this "
      "API version" },
    { "spec: {signerName: ''}", "spec.signerName: Required value" },
    { "spec: {signerName: x}",
      "spec.signerName: Invalid value: \"x\": must be a fully qualified domain and path of the "
      "form 'example.com/signer-name'" },
    { "spec: {expirationSeconds: 599}",
      "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)" },
    { CONDITIONS("{type: '', status: 'True'}"), "status.conditions[0].type: Required value" },
    { CONDITIONS("{type: A, status: ''}"), "status.conditions[0].status: Required value" },
    { CONDITIONS("{type: Approved, status: 'False'}"),
      "status.conditions[0].status: Unsupported value: \"False\": supported values: \"True\"" },
    { CONDITIONS("{type: A, status: X}"),
      "status.conditions[0].status: Unsupported value: \"X\": supported values: \"False\", \"True\", \"Unknown\"" },
    { CONDITIONS(APPROVED ", " DENIED), "status.conditions: Invalid value: \"Denied\": Approved and Denied conditions "
                                        "are mutually exclusive" },
    { CONDITIONS(APPROVED ", " APPROVED), "status.conditions[1].type: Duplicate value: \"Approved\"" },
};
static const struct rule_update updates[] = {
    { "", "metadata: {labels: {a: b}}", "" },
    { "spec: {usages: [x, x], signerName: kubernetes.io/legacy-unknown}",
      "spec: {usages: [x, x], signerName: kubernetes.io/legacy-unknown}", "" },
    { CONDITIONS(FAILED), "", "status.conditions: Forbidden: updates may not remove a condition of type \"Failed\"" },
    { "", CONDITIONS(APPROVED), "status.conditions: Forbidden: updates may not add a condition of type \"Approved\"" },
    { CONDITIONS(DENIED), CONDITIONS("{type: Denied, status: 'True', reason: r}"),
      "status.conditions: Forbidden: updates may not modify a condition of type \"Denied\"\n" },
    { CONDITIONS(APPROVED ", " DENIED), CONDITIONS(APPROVED ", " DENIED), "" },
    { "", "status: {certificate: YQ==}", "status.certificate: Forbidden: updates may not set certificate content" },
};
static const struct rule_update statuses[] = {
    { "", "status: {certificate: YQ==}", "" },
    { "", CONDITIONS(FAILED), "" },
    { "", CONDITIONS(DENIED), "status.conditions: Forbidden: updates may not add a condition of type \"Denied\"" },
    { "status: {certificate: YQ==}", "status: {certificate: Yg==}",
      "status.certificate: Forbidden: updates may not modify existing certificate content" },
};
static const struct rule_update approvals[] = {
    { "", CONDITIONS(APPROVED), "" },
    { CONDITIONS(APPROVED), CONDITIONS("{type: Approved, status: 'True', reason: r}"), "" },
    { CONDITIONS(APPROVED), CONDITIONS(DENIED),
      "status.conditions: Forbidden: updates may not remove a condition of type \"Approved\"" },
    { "", "status: {certificate: YQ==}", "status.certificate: Forbidden: updates may not set certificate content" },
};

static int check_approval(const struct api_kind *kind, const void *old, const void *object, struct api_invalid *errors)
{
    (void)kind;
    return api_validate_approval(old, object, errors);
}

static void test_signing_request(void **state)
{
    (void)state;
    check_creates(csr, creates);
    check_updates(csr, updates);
    check_statuses(csr, statuses);
    rule_check_change(csr, check_approval, approvals, countof(approvals));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_signing_request) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
