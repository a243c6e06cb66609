#include "metrics/text_writer.h"

#include <fmt/format.h>

#include <iterator>
#include <span>

namespace leptir::metrics {
namespace {

constexpr std::uint64_t kMicrosecondsPerSecond = 1'000'000;

void appendEscaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') text += '\\';
    text += c;
  }
}

// A number in microseconds as seconds, or as it is.
std::string scaledText(std::uint64_t value, TextWriter::Scale scale) {
  if (scale == TextWriter::Scale::Ones) return std::to_string(value);
  return fmt::format("{}.{:06}", value / kMicrosecondsPerSecond, value % kMicrosecondsPerSecond);
}

// The shortest form; OpenMetrics writes 1 as 1.0.
std::string boundText(std::int64_t bound, TextWriter::Scale scale, TextFormat format) {
  auto text = scaledText(static_cast<std::uint64_t>(bound), scale);
  if (text.find('.') == std::string::npos) text += '.';
  while (text.back() == '0') text.pop_back();
  if (text.back() != '.') return text;
  return format == TextFormat::OpenMetrics ? text + '0' : text.substr(0, text.size() - 1);
}

// The texts of the bounds of all buckets; the last one is +Inf.
std::vector<std::string> boundTexts(std::span<const std::int64_t> bounds, TextWriter::Scale scale, TextFormat format) {
  std::vector<std::string> texts;
  for (const auto bound : bounds) texts.push_back(boundText(bound, scale, format));
  texts.emplace_back("+Inf");
  return texts;
}

}  // namespace

TextWriter::TextWriter(TextFormat format)
    : format_(format),
      timeBounds_(boundTexts(kTimeBoundsInMicroseconds, Scale::Microseconds, format)),
      batchSizeBounds_(boundTexts(kBatchSizeBounds, Scale::Ones, format)) {}

std::string labelText(std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (value.empty()) continue;
    if (!text.empty()) text += ',';
    text += name;
    text += "=\"";
    appendEscaped(text, value);
    text += '"';
  }
  return text;
}

// OpenMetrics names the family without _total, the older format with it.
void TextWriter::counter(std::string_view name, std::string_view help) {
  family(format_ == TextFormat::OpenMetrics ? std::string(name) : std::string(name) + "_total", "counter", help,
         format_ == TextFormat::OpenMetrics ? "_total" : "");
}

void TextWriter::gauge(std::string_view name, std::string_view help) {
  family(name, "gauge", help, "");
}

void TextWriter::histogram(std::string_view name, std::string_view help) {
  family(name, "histogram", help, "");
}

void TextWriter::info(std::string_view name, std::string_view help, std::string_view labels) {
  if (format_ == TextFormat::OpenMetrics)
    family(name, "info", help, "_info");
  else
    family(std::string(name) + "_info", "gauge", help, "");
  sample(labels, std::uint64_t{1});
}

void TextWriter::family(std::string_view name, std::string_view type, std::string_view help, std::string_view suffix) {
  name_ = name;
  suffix_ = suffix;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void TextWriter::begin(std::string_view suffix, std::string_view labels, std::string_view bound) {
  text_ += name_;
  text_ += suffix;
  if (!labels.empty() || !bound.empty()) {
    text_ += '{';
    text_ += labels;
    if (!labels.empty() && !bound.empty()) text_ += ',';
    if (!bound.empty()) {
      text_ += "le=\"";
      text_ += bound;
      text_ += '"';
    }
    text_ += '}';
  }
  text_ += ' ';
}

void TextWriter::sample(std::string_view labels, std::uint64_t value) {
  begin(suffix_, labels);
  endSample(value);
}

void TextWriter::sample(std::string_view labels, double value) {
  begin(suffix_, labels);
  fmt::format_to(std::back_inserter(text_), "{:.6f}\n", value);
}

void TextWriter::sample(std::string_view labels, const TimeHistogram& times) {
  histogram(labels, times, timeBounds_, Scale::Microseconds);
}

void TextWriter::sample(std::string_view labels, const BatchSizeHistogram& sizes) {
  histogram(labels, sizes, batchSizeBounds_, Scale::Ones);
}

// The count is the sum of the buckets that were read, so that both agree although tasks end meanwhile.
template <std::size_t kBounds>
void TextWriter::histogram(std::string_view labels, const Histogram<kBounds>& values,
                           const std::vector<std::string>& bounds, Scale scale) {
  std::uint64_t cumulativeCount = 0;
  for (std::size_t i = 0; i <= kBounds; ++i) {
    cumulativeCount += values.buckets[i];
    begin("_bucket", labels, bounds[i]);
    endSample(cumulativeCount);
  }
  begin("_sum", labels);
  text_ += scaledText(values.sum, scale) + '\n';
  begin("_count", labels);
  endSample(cumulativeCount);
}

void TextWriter::endSample(std::uint64_t value) {
  const fmt::format_int digits(value);
  text_.append(digits.data(), digits.size());
  text_ += '\n';
}

std::string TextWriter::finish() {
  if (format_ == TextFormat::OpenMetrics) text_ += "# EOF\n";
  return std::move(text_);
}

}  // namespace leptir::metrics
