/* Includes everything that tasks and applications need. A program that only pushes can include config.h instead. A
 * program in C gets the C interface, leptir/c.h. */
#pragma once

#ifdef __cplusplus

#include "leptir/base_task.h"
#include "leptir/broker.h"
#include "leptir/config.h"
#include "leptir/meta_storage.h"
#include "leptir/run_main.h"
#include "leptir/task_error.h"
#include "leptir/task_registry.h"
#include "leptir/version.h"

#else

#include "leptir/c.h"

#endif
