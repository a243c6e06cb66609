// Everything that an application or a task needs. Programs that only push can include config.h alone.
#pragma once

#include "leptir/base_task.h"
#include "leptir/broker.h"
#include "leptir/config.h"
#include "leptir/meta_storage.h"
#include "leptir/run_main.h"
#include "leptir/task_error.h"
#include "leptir/task_registry.h"
#include "leptir/version.h"
