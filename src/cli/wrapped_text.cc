#include "cli/wrapped_text.h"

#include <algorithm>

#include "base/text_width.h"

namespace leptir::cli {

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    auto* line = &lines.back();
    const bool fits = width == 0 || line->empty() || base::textWidth(*line) + 1 + base::textWidth(word) <= width;
    if (!fits) line = &lines.emplace_back();
    if (!line->empty()) *line += ' ';
    *line += word;
  }
  return lines;
}

}  // namespace leptir::cli
