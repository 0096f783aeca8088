/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* library_test.c - every function of the libraries. */
#include "cel/fixture.h"

static void test_strings(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "'hello'.contains('ell') && !'hello'.contains('x') && 'a'.contains('')", "true" },
        { "'hello'.startsWith('he') && 'hello'.endsWith('lo')", "true" },
        { "'h\xc3\xa9llo'.charAt(1)", "\"\xc3\xa9\"" },
        { "'abc'.charAt(3)", "\"\"" },
        { "'abc'.charAt(4)", "!index out of range: 4" },
        { "'h\xc3\xa9h\xc3\xa9'.indexOf('h')", "0" },
        { "'h\xc3\xa9h\xc3\xa9'.indexOf('h', 1)", "2" },
        { "'abc'.indexOf('z')", "-1" },
        { "'abc'.indexOf('')", "0" },
        { "'abc'.indexOf('', 9)", "3" },
        { "'abc'.indexOf('a', -1)", "!index out of range: -1" },
        { "'h\xc3\xa9h\xc3\xa9'.lastIndexOf('h')", "2" },
        { "'hello mellow'.lastIndexOf('ello', 6)", "1" },
        { "'abc'.lastIndexOf('')", "3" },
        { "'abc'.lastIndexOf('a', 7)", "-1" },
        { "['a', 'b'].join()", "\"ab\"" },
        { "['a', 'b', 'c'].join(', ')", "\"a, b, c\"" },
        { "[].join('x')", "\"\"" },
        { "'TacoCat\xc3\x89'.lowerAscii()", "\"tacocat\xc3\x89\"" },
        { "'TacoCat\xc3\xa9'.upperAscii()", "\"TACOCAT\xc3\xa9\"" },
        { "'hello hello'.replace('he', 'we')", "\"wello wello\"" },
        { "'hello hello'.replace('he', 'we', 1)", "\"wello hello\"" },
        { "'hello'.replace('he', 'we', 0)", "\"hello\"" },
        { "'ab'.replace('', '_')", "\"_a_b_\"" },
        { "'a,b,c'.split(',')", "[\"a\",\"b\",\"c\"]" },
        { "'a,b,c'.split(',', 2)", "[\"a\",\"b,c\"]" },
        { "'a,b,c'.split(',', 0)", "[]" },
        { "'a,b'.split(',', -1)", "[\"a\",\"b\"]" },
        { "'h\xc3\xa9'.split('')", "[\"h\",\"\xc3\xa9\"]" },
        { "''.split(',')", "[\"\"]" },
        { "'t\xc3\xa9st'.substring(1)", "\"\xc3\xa9st\"" },
        { "'t\xc3\xa9st'.substring(1, 3)", "\"\xc3\xa9s\"" },
        { "'test'.substring(2, 1)", "!invalid substring range. start: 2, end: 1" },
        { "'test'.substring(5)", "!index out of range: 5" },
        { "' \\t\\n trim\\u3000 '.trim()", "\"trim\"" },
        { "'ab\xc3\xa9'.reverse()", "\"\xc3\xa9"
                                    "ba\"" },
        { "strings.quote('a\"b\\n')", "\"\\\"a\\\\\\\"b\\\\n\\\"\"" },
        { "size('h\xc3\xa9') == 2 && b'ab'.size() == 2", "true" },
    };

    CHECK_ROWS(rows);
}

static void test_format(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "'%s|%s|%s|%s'.format(['a', 1, true, null])", "\"a|1|true|null\"" },
        { "'%s'.format([[1, 2.5, 'x', b'y', [null], {'k': 1}]])",
          "\"[1, 2.500000, \\\"x\\\", b\\\"y\\\", [null], {\\\"k\\\":1}]\"" },
        { "'%s'.format([{'b': 1, 'a': 2}])", "\"{\\\"a\\\":2, \\\"b\\\":1}\"" },
        { "'%s'.format([duration('90s')])", "\"90s\"" },
        { "'%s'.format([[duration('90s'), timestamp('2020-01-01T00:00:00Z')]])",
          "\"[duration(\\\"90s\\\"), timestamp(\\\"2020-01-01T00:00:00Z\\\")]\"" },
        { "'%s'.format([1.5])", "\"1.5\"" },
        { "'%d%%'.format([uint(10)])", "\"10%\"" },
        { "'%f %.1f'.format([1234567.891, -0.25])", "\"1,234,567.891000 -0.2\"" },
        { "'%.2e'.format([1234.5])", "\"1.23\xc3\x97"
                                     "10\xe2\x81\xb0\xc2\xb3\"" },
        { "'%x %X %x %x'.format([255, 255u, 'hi', b'\\xff'])", "\"ff FF 6869 ff\"" },
        { "'%x'.format([-255])", "\"-ff\"" },
        { "'%o %b %b'.format([8, 5, true])", "\"10 101 1\"" },
        { "'%f'.format(['x'])", "!error during formatting: fixed-point clause" },
        { "'%d'.format(['x'])", "!error during formatting: decimal clause can only be used on integers" },
        { "'%s %s'.format(['x'])", "!index 1 out of range" },
        { "'%q'.format(['x'])", "!could not parse formatting clause" },
        { "'%'.format(['x'])", "!unexpected end of string" },
    };

    CHECK_ROWS(rows);
}

static void test_lists(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "[1, 2, 2].isSorted() && !['b', 'a'].isSorted() && [1].isSorted()", "true" },
        { "[1, 2].sum() == 3 && [1u].sum() == 1u && [1.5, 1.0].sum() == 2.5", "true" },
        { "[duration('1s'), duration('2s')].sum()", "\"3s\"" },
        { "dyn([1.0, 2.0]).sum() == 3.0 && dyn([duration('1s')]).sum() == duration('1s')", "true" },
        { "[9223372036854775807, 1].sum()", "!integer overflow" },
        { "[3, 1, 2].min() + [3, 1, 2].max()", "4" },
        { "['b', 'a'].min()", "\"a\"" },
        { "[1].filter(x, x > 1).min()", "!min called on empty list" },
        { "[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(5) == -1", "true" },
        { "[1, 2, 3, 4].slice(1, 3)", "[2,3]" },
        { "[1].slice(-1, 1)", "!cannot slice(-1, 1), negative indexes not supported" },
        { "[1].slice(1, 0)", "!cannot slice(1, 0), start index must be less than or equal to end index" },
        { "[1].slice(0, 2)", "!cannot slice(0, 2), list is length 1" },
        { "[[1], [2, 3]].flatten()", "[1,2,3]" },
        { "[[[1]], [[2]]].flatten()", "[[1],[2]]" },
        { "dyn([1, [2, [3, [4]]]].size())", "!expected type 'int' but found 'list(dyn)'" },
        { "[[[1], [2]]].flatten(2)", "[1,2]" },
        { "[[1]].flatten(-1)", "!level must be non-negative" },
        { "[3, 1, 2].sort()", "[1,2,3]" },
        { "['b', 'a'].sort()", "[\"a\",\"b\"]" },
        { "[[2, 'a'].size(), 1].sort()", "!expected type" },
        { "[{'n': 2}, {'n': 1}].sortBy(e, e.n)", "[{\"n\":1},{\"n\":2}]" },
        { "lists.range(4)", "[0,1,2,3]" },
        { "lists.range(-1)", "[]" },
        { "[1, 2, 3].reverse()", "[3,2,1]" },
        { "[1, 2, 1, 3].distinct()", "[1,2,3]" },
        { "sets.contains([1, 2], [2]) && !sets.contains([1], [1, 2]) && sets.contains([1], [])", "true" },
        { "sets.equivalent([1, 2, 2], [2, 1]) && sets.intersects([1, 2], [2, 3]) && !sets.intersects([1], [])",
          "true" },
    };

    CHECK_ROWS(rows);
}

static void test_patterns(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "'foobar'.matches('^fo+b') && matches('x', 'x')", "true" },
        { "'a\\nb'.matches('a.b')", "false" },
        { "'a\\nb'.matches('(?s)a.b')", "true" },
        { "'a\\n'.matches('a$')", "false" },
        { "'\\u0669'.matches('\\\\d')", "false" },
        { "'\\v'.matches('\\\\s')", "false" },
        { "'\\v'.matches('\\\\v')", "true" },
        { "'h\xc3\xa9'.matches('^h.$')", "true" },
        { "'\xce\xb1'.matches('\\\\p{Greek}')", "true" },
        { "'aXbY'.find('[A-Z]')", "\"X\"" },
        { "'abc'.find('[0-9]')", "\"\"" },
        { "'a1b22c333'.findAll('[0-9]+')", "[\"1\",\"22\",\"333\"]" },
        { "'a1b22c333'.findAll('[0-9]+', 2)", "[\"1\",\"22\"]" },
        { "'abc'.findAll('x*')", "[\"\",\"\",\"\",\"\"]" },
        { "'aaa'.findAll('a', 0)", "[]" },
        { "'x'.matches('(')", "!invalid matches argument" },
        { "'x'.matches('(a)\\\\1')", "!invalid matches argument" },
        { "'x'.matches('a(?=b)')", "!invalid matches argument" },
        { "'x'.matches('a++')", "!invalid matches argument" },
        { "'x'.matches('a**')", "!invalid matches argument" },
        { "'x'.matches('a{1001}')", "!invalid matches argument" },
        { "'x'.matches('\\\\Z')", "!invalid matches argument" },
        { "'a{,5}'.matches('^a{,5}$')", "true" },
        { "']-['.matches('^[]\\\\-[]+$')", "true" },
        { "'a.b'.matches('\\\\Qa.b\\\\E') && !'axb'.matches('\\\\Qa.b\\\\E')", "true" },
        { "'ab'.matches('(?P<x>a)(?:b)')", "true" },
        { "self.name.matches('(' + self.name)", "!error parsing regexp: missing closing )" },
        { "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaX'.matches('^(a+)+$')", "false" },
    };

    CHECK_ROWS(rows);
}

static void test_urls(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "isURL('https://a:80/') && isURL('/path') && !isURL('user@example.com') && !isURL('foo') && !isURL('')",
          "true" },
        { "!isURL('https://a:port/') && !isURL('https://a/%zz') && !isURL('http://[::1') && !isURL(':x')", "true" },
        { "url('HTTPS://u@example.com:80/p?q#f').getScheme()", "\"https\"" },
        { "url('https://u@example.com:80/p').getHost()", "\"example.com:80\"" },
        { "url('https://[::1]:80/p').getHostname()", "\"::1\"" },
        { "url('https://[::1]:80/p').getPort()", "\"80\"" },
        { "url('https://example.com/p').getPort()", "\"\"" },
        { "url('https://example.com/a b%20c').getEscapedPath()", "\"/a%20b%20c\"" },
        { "url('/path').getHost()", "\"\"" },
        { "url('https://e/?k=1&k=2&x=a%20b+c&broken=%z').getQuery()", "{\"k\":[\"1\",\"2\"],\"x\":[\"a b c\"]}" },
        { "url('https://a/') == url('https://a/') && url('https://a/') != url('https://b/')", "true" },
        { "url('x')", "!URL parse error during conversion from string: parse \"x\": invalid URI for request" },
        { "url('https://a/').path", "!undefined field 'path'" },
    };

    CHECK_ROWS(rows);
}

static void test_addresses(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "isIP('10.0.0.1') && isIP('::1') && !isIP('10.0.0.01') && !isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0')",
          "true" },
        { "ip('10.0.0.1').family() + ip('::1').family()", "10" },
        { "ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1')", "true" },
        { "ip('0.0.0.0').isUnspecified() && ip('::').isUnspecified() && ip('127.0.0.5').isLoopback()", "true" },
        { "ip('224.0.0.1').isLinkLocalMulticast() && ip('ff02::1').isLinkLocalMulticast()", "true" },
        { "ip('169.254.1.1').isLinkLocalUnicast() && ip('fe80::1').isLinkLocalUnicast()", "true" },
        { "ip('10.0.0.1').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast()", "true" },
        { "string(ip('2001:DB8:0::1'))", "\"2001:db8::1\"" },
        { "ip('10.0.0.1') == ip('10.0.0.1') && ip('10.0.0.1') != ip('10.0.0.2')", "true" },
        { "ip('x')", "!IP Address \"x\" parse error during conversion from string" },
        { "type(ip('::1')) == net.IP && type(cidr('::/0')) == net.CIDR", "true" },
        { "isCIDR('10.0.0.0/8') && isCIDR('::/0') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0')", "true" },
        { "cidr('10.0.0.0/8').containsIP('10.1.1.1') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))", "true" },
        { "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))",
          "true" },
        { "string(cidr('10.1.2.3/8').ip()) + ' ' + string(cidr('10.1.2.3/8').masked())", "\"10.1.2.3 10.0.0.0/8\"" },
        { "cidr('10.1.2.3/8').prefixLength()", "8" },
        { "cidr('10.0.0.0/8').containsIP('x')", "!IP Address \"x\" parse error" },
    };

    CHECK_ROWS(rows);
}

static void test_quantities_and_versions(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "isQuantity('1.3Gi') && isQuantity('200K') == false && isQuantity('5') && !isQuantity('Three')", "true" },
        { "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('1').isLessThan(quantity('2'))", "true" },
        { "quantity('200M').compareTo(quantity('0.2G')) == 0 && quantity('200M') == quantity('0.2G')", "true" },
        { "quantity('50k').add(quantity('20')) == quantity('50.02k')", "true" },
        { "quantity('50k').sub(20) == quantity('49980') && quantity('5').add(1).asInteger() == 6", "true" },
        { "quantity('1.5').isInteger()", "false" },
        { "quantity('9999999999999999999999').asInteger()", "!cannot convert value to integer" },
        { "quantity('1500m').asApproximateFloat()", "1.5" },
        { "sign(quantity('-5')) == -1 && sign(quantity('0')) == 0", "true" },
        { "quantity('x')", "!quantities must match the regular expression" },
        { "isSemver('1.2.3') && isSemver('1.2.3-alpha.1+build.5') && !isSemver('v1.2.3') && !isSemver('1.2')", "true" },
        { "isSemver('01.2.3') == false && isSemver('v01.2', true) && !isSemver('1.2-x', true)", "true" },
        { "semver('1.2.3').major() + semver('1.2.3').minor() + semver('1.2.3').patch()", "6" },
        { "semver('1.0.0-alpha').isLessThan(semver('1.0.0-alpha.1')) && "
          "semver('1.0.0-alpha.1').isLessThan(semver('1.0.0-alpha.beta')) && "
          "semver('1.0.0-rc.1').isLessThan(semver('1.0.0')) && semver('1.0.0-2').isLessThan(semver('1.0.0-11'))",
          "true" },
        { "semver('1.2.3').compareTo(semver('1.2.4')) == -1 && semver('2.0.0').isGreaterThan(semver('1.9.9'))",
          "true" },
        { "semver('1.2.3+a') == semver('1.2.3+b') && semver('v1.2', true) == semver('1.2.0')", "true" },
        { "dyn(ip('::1')).major()", "!no such overload: major" },
        { "dyn(semver('1.2.3')).isLessThan(dyn(quantity('1')))", "!no such overload: isLessThan" },
        { "dyn(quantity('1')).isLessThan(dyn(quantity('2')))", "true" },
        { "dyn(quantity('1')) == dyn(semver('1.0.0'))", "!no such overload" },
        { "semver('1.2')", "!No Major.Minor.Patch elements found" },
    };

    CHECK_ROWS(rows);
}

static void test_formats_and_others(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "format.dns1123Label().validate('my-label').hasValue()", "false" },
        { "format.dns1123Label().validate('My').value()[0].startsWith('a lowercase RFC 1123 label must consist')",
          "true" },
        { "format.dns1123Subdomain().validate('a.b.c').hasValue()", "false" },
        { "format.dns1035Label().validate('1a').hasValue()", "true" },
        { "format.qualifiedName().validate('example.com/name').hasValue()", "false" },
        { "format.dns1123LabelPrefix().validate('my-').hasValue()", "false" },
        { "format.labelValue().validate('a_b').hasValue()", "false" },
        { "format.uri().validate('https://a/').hasValue()", "false" },
        { "format.uri().validate('a').value()", "[\"parse \\\"a\\\": invalid URI for request\"]" },
        { "format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue()", "false" },
        { "format.uuid().validate('123e4567').value()", "[\"does not match the UUID format\"]" },
        { "format.byte().validate('aGVsbG8=').hasValue() || format.date().validate('2021-02-28').hasValue()", "false" },
        { "format.date().validate('2021-02-29').value()", "[\"invalid date\"]" },
        { "format.datetime().validate('2021-01-01T00:00:00Z').hasValue()", "false" },
        { "format.named('uuid').hasValue() && !format.named('nope').hasValue()", "true" },
        { "base64.encode(b'hello') == 'aGVsbG8=' && base64.decode('aGVsbG8') == b'hello'", "true" },
        { "base64.decode('*')", "!illegal base64 data" },
        { "math.greatest(1, 3, 2) + math.least(1, 3) + math.greatest([4, 5])", "9" },
        { "math.ceil(1.2) + math.floor(1.8) + math.round(1.5) + math.trunc(-1.9)", "4" },
        { "math.abs(-5) == 5 && math.sign(-5) == -1 && math.sqrt(16) == 4.0 && math.isNaN(0.0 / 0.0)", "true" },
        { "math.bitAnd(6, 3) + math.bitOr(4, 1) + math.bitXor(5, 1) + math.bitShiftLeft(1, 4)", "27" },
        { "math.bitShiftRight(16, 2) == 4 && math.bitNot(0) == -1 && math.isInf(1.0 / 0.0)", "true" },
        { "math.bitShiftLeft(1, -1)", "!math.bitShiftLeft() negative offset" },
    };

    CHECK_ROWS(rows);
}

struct asked {
    struct cel_check last;
    unsigned count;
};

static void answer(void *context, const struct cel_check *check, struct arena *arena, struct cel_decision *ret_decision)
{
    struct asked *asked = context;

    (void)arena;
    asked->last = *check;
    asked->count++;
    ret_decision->allowed = str_is(check->verb, "get");
    ret_decision->reason = STR("because");
    if (str_is(check->verb, "fail"))
        ret_decision->error = STR("it failed");
}

static void test_authorizer(void **state)
{
    (void)state;
    static const struct {
        const char *expression, *resource, *path, *account;
        bool value;
    } rows[] = {
        { "authorizer.group('apps').resource('deployments').subresource('scale').namespace('ns').name('x')"
          ".check('get').allowed()",
          "deployments", "", "", true },
        { "authorizer.path('/healthz').check('get').reason() == 'because'", "", "/healthz", "", true },
        { "authorizer.serviceAccount('ns', 'sa').group('').resource('pods').check('list').allowed()", "pods", "", "sa",
          false },
        { "authorizer.group('').resource('pods').fieldSelector('a=b').labelSelector('c').check('fail').errored()",
          "pods", "", "", true },
        { "authorizer.group('').resource('pods').check('fail').error() == 'it failed'", "pods", "", "", true },
    };
    auto_arena struct arena arena = { 0 };
    struct asked asked = { .count = 0 };
    struct cel_authorizer authorizer = { .check = answer, .context = &asked };
    struct cel_variable variables[] = { { .name = "authorizer", .type = cel_type_authorizer() } };
    struct cel_environment environment = { variables, 1, CEL_LIBRARY_AUTHORIZER };
    struct cel_value values[] = { cel_value_authorizer(&arena, &authorizer) }, value;

    for (size_t i = 0; i < countof(rows); i++) {
        struct cel_program *program = NULL;
        struct error err = { 0 };

        if (cel_compile(&environment, str_of(rows[i].expression), &program, NULL, &err) != 0 ||
            cel_evaluate(program, values, CEL_COST_PER_CALL, &arena, &value, NULL, &err) != 0)
            fail_msg("%s: %s", rows[i].expression, err.message);
        assert_int_equal(value.boolean, rows[i].value);
        assert_int_equal(asked.count, i + 1);
        assert_true(str_is(asked.last.resource, rows[i].resource));
        assert_true(str_is(asked.last.path, rows[i].path));
        assert_true(str_is(asked.last.service_account_name, rows[i].account));
        cel_program_destroy(program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_quantities_and_versions),
        cmocka_unit_test(test_formats_and_others),
        cmocka_unit_test(test_authorizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
