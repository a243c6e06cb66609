// Writes metrics as text that Prometheus reads. docs/guide/metrics.md has a table of all metrics.
#pragma once

#include <string>
#include <string_view>

#include "metrics/snapshot.h"

namespace leptir::metrics {

enum class TextFormat {
  Prometheus,   // the text format 0.0.4
  OpenMetrics,  // OpenMetrics 1.0.0
};

// The whole exposition, UTF-8. Any thread; takes a few milliseconds with 256 task names.
std::string textOf(const Snapshot& snapshot, TextFormat format);

// The exposition when no instance runs: leptir_up 0.
std::string textOfNoInstance(TextFormat format);

// The value of the header Content-Type.
std::string_view contentTypeOf(TextFormat format);

}  // namespace leptir::metrics
