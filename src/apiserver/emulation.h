/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* emulation.h - as which version of Kubernetes the server behaves, and the oldest that may stand beside it.
 *
 * Upstream's --emulated-version and --min-compatibility-version, lists of COMPONENT=MAJOR.MINOR ("kube" when no component is named).
 * What a later version brought is hidden: resources by 'since' of their rows. Pure. */
#ifndef APISERVER_EMULATION_H
#define APISERVER_EMULATION_H

#include "base/error.h"

#define EMULATION_MINOR 36 /* of the version that this program is */
#define EMULATION_FLOOR 33 /* three before it, as upstream accepts */

/* Minor versions of 1; 0: the default, the program's own and the one before. */
struct emulation {
    int emulated;
    int min_compatible;
};

/* Either text may be NULL or empty: the default. -ERROR_USAGE. */
int emulation_parse(const char *emulated, const char *min_compatible, struct emulation *ret_emulation,
                    struct error *err) must_check;

/* With the defaults in place of what is 0. */
struct emulation emulation_effective(struct emulation given);

#endif
