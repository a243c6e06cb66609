#include "top/sparkline.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace leptir::top {
namespace {

constexpr const char* kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr const char* kAsciiBlocks[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
constexpr int kMaxBarLevel = 7;

int levelOf(double value, double largest) {
  if (!(value > 0) || !(largest > 0)) return 0;
  return std::clamp(static_cast<int>(std::lround(value / largest * kMaxBarLevel)), 1, kMaxBarLevel);
}

}  // namespace

std::string sparkline(std::span<const double> values, std::size_t columns, Encoding encoding) {
  const auto shown = values.last(std::min(columns, values.size()));
  std::string text(columns - shown.size(), ' ');
  const double largest = shown.empty() ? 0 : *std::ranges::max_element(shown);
  const auto& blocks = encoding == Encoding::Utf8 ? kBlocks : kAsciiBlocks;
  for (const double value : shown) text += blocks[levelOf(value, largest)];
  return text;
}

std::string progressBar(double fraction, std::size_t columns) {
  constexpr std::size_t kMinBarColumns = 4;
  if (columns < kMinBarColumns) return {};
  const auto inner = columns - 2;
  const auto full = static_cast<std::size_t>(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(inner));
  return "[" + std::string(full, '#') + std::string(inner - full, ' ') + "]";
}

}  // namespace leptir::top
