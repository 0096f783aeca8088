/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_columns.h - the cells of a pod's row that summarize its containers. Only for this folder's own files. */
#ifndef API_TABLE_POD_COLUMNS_H
#define API_TABLE_POD_COLUMNS_H

#include "api/table/columns.h"

column_cell cell_pod_ready;
column_cell cell_pod_status;
column_cell cell_pod_restarts;
column_cell cell_pod_readiness_gates;

#endif
