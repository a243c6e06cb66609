// The running tasks of instance cards, for the public interface.
#pragma once

#include "fleet/instance_card.h"
#include "leptir/operations/listed_task.h"

namespace leptir::operations {

inline RunningTask runningTaskOf(const fleet::RunningTask& task) {
  return {.id = task.id,
          .name = task.name,
          .began = task.began,
          .progress = task.progress,
          .progressText = task.progressText,
          .attempt = static_cast<int>(task.attempt),
          .pid = task.pid};
}

}  // namespace leptir::operations
