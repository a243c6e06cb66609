// The two text formats: how families, samples, labels and numbers are written.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/snapshot.h"
#include "metrics/text.h"

namespace leptir::metrics {

// The text of labels, as it stands between the braces: name="value",name="value". Values are escaped; a label
// without a value is left out, which means the same.
std::string labelText(std::initializer_list<std::pair<std::string_view, std::string_view>> labels);

class TextWriter {
 public:
  // What the bounds and the sum of a histogram are counted in.
  enum class Scale { Microseconds, Ones };

  explicit TextWriter(TextFormat format);

  // Begin a family: the samples that follow belong to it. `name` has no _total; the writer adds it where it belongs.
  void counter(std::string_view name, std::string_view help);
  void gauge(std::string_view name, std::string_view help);
  void histogram(std::string_view name, std::string_view help);
  // A family of one sample that is always 1, with facts as its labels.
  void info(std::string_view name, std::string_view help, std::string_view labels);

  // A sample of the family; `labels` is of labelText(), or empty.
  void sample(std::string_view labels, std::uint64_t value);
  void sample(std::string_view labels, double value);
  // The samples of a histogram: of times in seconds, or of sizes.
  void sample(std::string_view labels, const TimeHistogram& times);
  void sample(std::string_view labels, const BatchSizeHistogram& sizes);

  // Ends the text.
  std::string finish();

 private:
  void family(std::string_view name, std::string_view type, std::string_view help, std::string_view suffix);
  void begin(std::string_view suffix, std::string_view labels, std::string_view bound = {});
  void endSample(std::uint64_t value);
  template <std::size_t kBounds>
  void histogram(std::string_view labels, const Histogram<kBounds>& values, const std::vector<std::string>& bounds,
                 Scale scale);

  const TextFormat format_;
  const std::vector<std::string> timeBounds_, batchSizeBounds_;  // as they stand in the label `le`
  std::string text_;
  std::string name_;         // of the family
  std::string_view suffix_;  // of its samples
};

}  // namespace leptir::metrics
