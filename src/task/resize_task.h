// For tests: a task without options.
#pragma once

#include "leptir/spi/broker_task.h"

namespace leptir::task {

inline BrokerTask imageResizeTask() {
  return {.id = "id1", .name = "image.resize", .parameters = R"({"width":640})"};
}

}  // namespace leptir::task
