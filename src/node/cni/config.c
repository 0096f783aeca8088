/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* config.c - the plugin's configuration: our own keys, and the shape that bridge with host-local uses. */
#include "node/cni/config.h"

#include <ctype.h>
#include <string.h>
#include <yyjson.h>

const char *const cni_versions[] = { "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0", NULL };

const char *cni_version_find(struct str text)
{
    for (size_t i = 0; cni_versions[i] != NULL; i++)
        if (str_is(text, cni_versions[i]))
            return cni_versions[i];
    return NULL;
}

bool cni_container_id_valid(const char *text)
{
    size_t size = strlen(text);
    if (size == 0 || size > CNI_ID_MAX || !isalnum((unsigned char)text[0]))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)text[i]) && strchr("_.-", text[i]) == NULL)
            return false;
    return true;
}

bool cni_interface_valid(const char *text)
{
    size_t size = strlen(text);
    if (size == 0 || size >= IFNAMSIZ || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
        return false;
    for (size_t i = 0; i < size; i++)
        if (text[i] == '/' || text[i] == ':' || isspace((unsigned char)text[i]))
            return false;
    return true;
}

struct parsing {
    struct arena *arena;
    struct cni_config *config;
    enum cni_code *code;
    struct error *err;
};

static int complain(struct parsing *parsing, enum cni_code code, const char *what, const char *value)
{
    *parsing->code = code;
    return error_set(parsing->err, ERROR_INVALID, value != NULL ? "%s: \"%s\"" : "%s", what, value);
}

static const char *text_of(struct parsing *parsing, yyjson_val *value, const char *fallback)
{
    return yyjson_is_str(value) ? arena_strndup(parsing->arena, yyjson_get_str(value), yyjson_get_len(value))
                                : fallback;
}

static int add_subnet(struct parsing *parsing, yyjson_val *range, yyjson_val *gateway)
{
    struct cni_config *config = parsing->config;
    const char *text = text_of(parsing, range, "");
    if (config->n_subnets == CNI_SUBNETS_MAX)
        return complain(parsing, CNI_INVALID_CONFIG, "more than two subnets", NULL);
    struct cni_subnet *subnet = &config->subnets[config->n_subnets];
    if (!ip_prefix_parse(str_of(text), &subnet->range) || ip_prefix_count(&subnet->range) < 4)
        return complain(parsing, CNI_INVALID_CONFIG, "not a subnet of at least four addresses", text);
    if (config->n_subnets == 1 && config->subnets[0].range.address.family == subnet->range.address.family)
        return complain(parsing, CNI_INVALID_CONFIG, "a second subnet of the same family", text);
    subnet->range.address = ip_prefix_network(&subnet->range);
    ip_prefix_nth(&subnet->range, 1, &subnet->gateway);
    if (gateway != NULL) {
        const char *given = text_of(parsing, gateway, "");
        if (!ip_parse(str_of(given), &subnet->gateway) || !ip_prefix_contains(&subnet->range, &subnet->gateway))
            return complain(parsing, CNI_INVALID_CONFIG, "not a gateway inside the subnet", given);
    }
    config->n_subnets++;
    return 0;
}

/* "subnets": ["A/L", ...], "subnet": "A/L", or host-local's "ipam": { "ranges": [[{"subnet": "A/L"}], ...] }. */
static int parse_subnets(struct parsing *parsing, yyjson_val *root)
{
    yyjson_val *ipam = yyjson_obj_get(root, "ipam"), *value;
    yyjson_arr_iter iter;
    int rc = 0;
    yyjson_arr_iter_init(yyjson_obj_get(root, "subnets"), &iter);
    while (rc == 0 && (value = yyjson_arr_iter_next(&iter)) != NULL)
        rc = add_subnet(parsing, value, NULL);
    if (rc == 0 && (value = yyjson_obj_get(root, "subnet")) != NULL)
        rc = add_subnet(parsing, value, yyjson_obj_get(root, "gateway"));
    if (rc == 0 && (value = yyjson_obj_get(ipam, "subnet")) != NULL)
        rc = add_subnet(parsing, value, yyjson_obj_get(ipam, "gateway"));
    yyjson_arr_iter_init(yyjson_obj_get(ipam, "ranges"), &iter);
    while (rc == 0 && (value = yyjson_arr_iter_next(&iter)) != NULL) {
        yyjson_val *range = yyjson_arr_get_first(value);
        rc = add_subnet(parsing, yyjson_obj_get(range, "subnet"), yyjson_obj_get(range, "gateway"));
    }
    if (rc == 0 && parsing->config->n_subnets == 0)
        rc = complain(parsing, CNI_INVALID_CONFIG, "no subnet is given", NULL);
    return rc;
}

/* Keys whatever their case, as Go decodes them: containerd writes "HostPort" where the convention says "hostPort". */
static yyjson_val *member(yyjson_val *object, const char *name)
{
    yyjson_obj_iter iter;
    yyjson_obj_iter_init(object, &iter);
    for (yyjson_val *key; (key = yyjson_obj_iter_next(&iter)) != NULL;)
        if (str_equal_nocase((struct str){ yyjson_get_str(key), yyjson_get_len(key) }, str_of(name)))
            return yyjson_obj_iter_get_val(key);
    return NULL;
}

static int parse_port(struct parsing *parsing, yyjson_val *value, struct cni_port *port)
{
    int64_t host_port = yyjson_get_sint(member(value, "hostPort"));
    int64_t container_port = yyjson_get_sint(member(value, "containerPort"));
    const char *host_ip = text_of(parsing, member(value, "hostIP"), "");
    if (host_port < 0 || host_port > 65535 || container_port < 1 || container_port > 65535)
        return complain(parsing, CNI_INVALID_CONFIG, "a port mapping is outside 1 to 65535", NULL);
    if (host_ip[0] != '\0' && !ip_parse(str_of(host_ip), &port->host_ip))
        return complain(parsing, CNI_INVALID_CONFIG, "not a host address of a port mapping", host_ip);
    port->host_port = (uint16_t)host_port;
    port->container_port = (uint16_t)container_port;

    static const char *const protocols[] = { "tcp", "udp", "sctp" };
    struct str protocol = str_of(text_of(parsing, member(value, "protocol"), "tcp"));
    for (size_t i = 0; i < countof(protocols); i++)
        if (str_equal_nocase(protocol, str_of(protocols[i])))
            port->protocol = protocols[i];
    return port->protocol != NULL
               ? 0
               : complain(parsing, CNI_INVALID_CONFIG, "not a protocol of a port mapping", protocol.data);
}

/* Mappings without a host port (0) are no mappings. */
static int parse_ports(struct parsing *parsing, yyjson_val *list)
{
    size_t count = yyjson_arr_size(list);
    if (count > CNI_PORTS_MAX)
        return complain(parsing, CNI_INVALID_CONFIG, "too many port mappings", NULL);
    struct cni_port *ports = arena_new_array(parsing->arena, struct cni_port, count + 1);
    yyjson_arr_iter iter;
    yyjson_arr_iter_init(list, &iter);
    for (yyjson_val *value; (value = yyjson_arr_iter_next(&iter)) != NULL;) {
        struct cni_port *port = &ports[parsing->config->n_ports];
        int rc = parse_port(parsing, value, port);
        if (rc < 0)
            return rc;
        if (port->host_port != 0)
            parsing->config->n_ports++;
        else
            *port = (struct cni_port){ 0 };
    }
    parsing->config->ports = ports;
    return 0;
}

static void parse_valid(struct parsing *parsing, yyjson_val *list)
{
    size_t count = yyjson_arr_size(list);
    struct cni_attachment_name *valid = arena_new_array(parsing->arena, struct cni_attachment_name, count + 1);
    yyjson_arr_iter iter;
    yyjson_arr_iter_init(list, &iter);
    for (yyjson_val *value; (value = yyjson_arr_iter_next(&iter)) != NULL;)
        valid[parsing->config->n_valid++] = (struct cni_attachment_name){
            .container_id = text_of(parsing, yyjson_obj_get(value, "containerID"), ""),
            .interface = text_of(parsing, yyjson_obj_get(value, "ifname"), ""),
        };
    parsing->config->valid = valid;
}

static int parse_root(struct parsing *parsing, yyjson_val *root)
{
    struct cni_config *config = parsing->config;
    yyjson_val *version = yyjson_obj_get(root, "cniVersion");
    struct str given = version == NULL ? STR("0.1.0") : str_of(text_of(parsing, version, "?"));
    config->version = cni_version_find(given);
    if (config->version == NULL)
        return complain(parsing, CNI_INCOMPATIBLE_VERSION, "incompatible CNI version", given.data);

    yyjson_val *ipam = yyjson_obj_get(root, "ipam");
    config->name = text_of(parsing, yyjson_obj_get(root, "name"), "");
    config->bridge = text_of(parsing, yyjson_obj_get(root, "bridge"), "cni0");
    config->data_directory = text_of(parsing, yyjson_obj_get(root, "dataDir"),
                                     text_of(parsing, yyjson_obj_get(ipam, "dataDir"), "/run/coracle-cni"));
    int64_t mtu = yyjson_get_sint(yyjson_obj_get(root, "mtu"));
    config->mtu = mtu >= 68 && mtu <= 65535 ? (uint32_t)mtu : 0;
    config->has_previous = yyjson_obj_get(root, "prevResult") != NULL;
    if (!cni_container_id_valid(config->name))
        return complain(parsing, CNI_INVALID_CONFIG, "not a network name", config->name);
    if (!cni_interface_valid(config->bridge))
        return complain(parsing, CNI_INVALID_CONFIG, "not a bridge name", config->bridge);
    if (config->data_directory[0] != '/' || strlen(config->data_directory) + strlen(config->name) > CNI_PATH_MAX - 2)
        return complain(parsing, CNI_INVALID_CONFIG, "not an absolute path of moderate length", config->data_directory);

    int rc = parse_subnets(parsing, root);
    if (rc == 0)
        rc = parse_ports(parsing, yyjson_obj_get(yyjson_obj_get(root, "runtimeConfig"), "portMappings"));
    if (rc == 0)
        parse_valid(parsing, yyjson_obj_get(root, "cni.dev/valid-attachments"));
    return rc;
}

int cni_config_parse(struct str json, struct arena *arena, struct cni_config *config, enum cni_code *ret_code,
                     struct error *err)
{
    *config = (struct cni_config){ 0 };
    struct parsing parsing = { arena, config, ret_code, err };
    if (json.size > CNI_INPUT_MAX)
        return complain(&parsing, CNI_DECODING_FAILURE, "the configuration is too large", NULL);
    yyjson_doc *doc = json.size == 0 ? NULL : yyjson_read(json.data, json.size, 0);
    if (!yyjson_is_obj(yyjson_doc_get_root(doc))) {
        yyjson_doc_free(doc);
        return complain(&parsing, CNI_DECODING_FAILURE, "the configuration is not a JSON object", NULL);
    }
    int rc = parse_root(&parsing, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    return rc;
}
