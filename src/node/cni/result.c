/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/cni/result.h"

#include <stdio.h>
#include <string.h>
#include <yyjson.h>

static void finish(yyjson_mut_doc *doc, struct buffer *output)
{
    size_t size;
    char *text = yyjson_mut_write(doc, 0, &size);
    if (text != NULL) {
        buffer_append(output, text, size);
        buffer_append_char(output, '\n');
    }
    free(text);
    yyjson_mut_doc_free(doc);
}

static yyjson_mut_doc *begin(const char *version, yyjson_mut_val **ret_root)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    *ret_root = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, *ret_root);
    yyjson_mut_obj_add_str(doc, *ret_root, "cniVersion", version);
    return doc;
}

static void add_interface(yyjson_mut_doc *doc, yyjson_mut_val *list, const char *name, const uint8_t mac[6],
                          const char *sandbox)
{
    char text[24];
    snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    yyjson_mut_val *entry = yyjson_mut_arr_add_obj(doc, list);
    yyjson_mut_obj_add_str(doc, entry, "name", name);
    yyjson_mut_obj_add_strcpy(doc, entry, "mac", text);
    if (sandbox != NULL)
        yyjson_mut_obj_add_str(doc, entry, "sandbox", sandbox);
}

static void add_address(yyjson_mut_doc *doc, yyjson_mut_val *list, const struct cni_config *config, size_t i,
                        const struct attachment *attachment)
{
    char text[IP_TEXT_SIZE];
    struct ip_prefix prefix = { attachment->addresses[i], (uint8_t)(8 * ip_size(&attachment->addresses[i])) };
    yyjson_mut_val *entry = yyjson_mut_arr_add_obj(doc, list);
    if (config->version[0] == '0') /* dropped in 1.0.0 */
        yyjson_mut_obj_add_str(doc, entry, "version", prefix.address.family == IP_V4 ? "4" : "6");
    ip_prefix_format(&prefix, text);
    yyjson_mut_obj_add_strcpy(doc, entry, "address", text);
    ip_format(&config->subnets[i].gateway, text);
    yyjson_mut_obj_add_strcpy(doc, entry, "gateway", text);
    yyjson_mut_obj_add_int(doc, entry, "interface", 2); /* the third of "interfaces" */
}

void cni_result_add(const struct cni_config *config, const struct attachment *attachment, struct buffer *output)
{
    yyjson_mut_val *root;
    yyjson_mut_doc *doc = begin(config->version, &root);
    yyjson_mut_val *interfaces = yyjson_mut_obj_add_arr(doc, root, "interfaces");
    add_interface(doc, interfaces, config->bridge, attachment->bridge_mac, NULL);
    add_interface(doc, interfaces, attachment->host_interface, attachment->host_mac, NULL);
    add_interface(doc, interfaces, attachment->name.interface, attachment->mac, attachment->namespace_path);
    yyjson_mut_val *ips = yyjson_mut_obj_add_arr(doc, root, "ips");
    yyjson_mut_val *routes = yyjson_mut_obj_add_arr(doc, root, "routes");
    for (size_t i = 0; i < config->n_subnets; i++) {
        char gateway[IP_TEXT_SIZE];
        add_address(doc, ips, config, i, attachment);
        ip_format(&config->subnets[i].gateway, gateway);
        yyjson_mut_val *route = yyjson_mut_arr_add_obj(doc, routes);
        yyjson_mut_obj_add_str(doc, route, "dst", attachment->addresses[i].family == IP_V4 ? "0.0.0.0/0" : "::/0");
        yyjson_mut_obj_add_strcpy(doc, route, "gw", gateway);
    }
    yyjson_mut_obj_add_obj(doc, root, "dns");
    finish(doc, output);
}

void cni_result_loopback(const char *version, const char *namespace_path, struct buffer *output)
{
    static const char *const addresses[] = { "127.0.0.1/8", "::1/128" };
    static const uint8_t no_mac[6];
    yyjson_mut_val *root;
    yyjson_mut_doc *doc = begin(version, &root);
    add_interface(doc, yyjson_mut_obj_add_arr(doc, root, "interfaces"), "lo", no_mac, namespace_path);
    yyjson_mut_val *ips = yyjson_mut_obj_add_arr(doc, root, "ips");
    for (size_t i = 0; i < countof(addresses); i++) {
        yyjson_mut_val *entry = yyjson_mut_arr_add_obj(doc, ips);
        if (version[0] == '0')
            yyjson_mut_obj_add_str(doc, entry, "version", i == 0 ? "4" : "6");
        yyjson_mut_obj_add_str(doc, entry, "address", addresses[i]);
        yyjson_mut_obj_add_int(doc, entry, "interface", 0);
    }
    yyjson_mut_obj_add_obj(doc, root, "dns");
    finish(doc, output);
}

void cni_result_error(const char *version, enum cni_code code, const char *message, struct buffer *output)
{
    yyjson_mut_val *root;
    yyjson_mut_doc *doc = begin(version, &root);
    yyjson_mut_obj_add_uint(doc, root, "code", (uint64_t)code);
    /* What came in may not be UTF-8; the answer is. */
    char clean[ERROR_MESSAGE_SIZE];
    snprintf(clean, sizeof(clean), "%s", message);
    for (char *c = clean; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    yyjson_mut_obj_add_strcpy(doc, root, "msg", clean);
    finish(doc, output);
}

void cni_result_versions(const char *version, struct buffer *output)
{
    yyjson_mut_val *root;
    yyjson_mut_doc *doc = begin(version, &root);
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(doc, root, "supportedVersions");
    for (size_t i = 0; cni_versions[i] != NULL; i++)
        yyjson_mut_arr_add_str(doc, list, cni_versions[i]);
    finish(doc, output);
}
