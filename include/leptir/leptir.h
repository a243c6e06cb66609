// Includes everything that tasks and applications need. A program that only pushes can include config.h instead.
#pragma once

#include "leptir/base_task.h"
#include "leptir/broker.h"
#include "leptir/config.h"
#include "leptir/meta_storage.h"
#include "leptir/run_main.h"
#include "leptir/task_error.h"
#include "leptir/task_registry.h"
#include "leptir/version.h"
