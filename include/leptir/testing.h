// Tests of tasks, and of the code that pushes them, without a store, a daemon or a wait. Works in every test framework.
// Link leptir::testing.
//
//   const auto run = leptir::testing::runTask(tasks, "image.resize", Resize{"a.png", 320});
//   EXPECT_TRUE(run.succeeded()) << run;
//
//   leptir::testing::TestInstance instance(program);
//   signUp(instance.broker(), "anna@example.org");     // your code, which pushes tasks
//   instance.runAll();                                  // runs them, retries included, and moves the clock as needed
//   EXPECT_TRUE(instance.tasks().empty());
//
// docs/guide/testing.md shows more, and examples/testing is a whole test suite.
#pragma once

#include "leptir/clock.h"
#include "leptir/stop_source.h"
#include "leptir/testing/observed_run.h"
#include "leptir/testing/run_task.h"
#include "leptir/testing/stop_at_check.h"
#include "leptir/testing/store_call.h"
#include "leptir/testing/store_faults.h"
#include "leptir/testing/test_instance.h"
