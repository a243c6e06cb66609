#include "top/screen.h"

#include <utility>

namespace leptir::top {

Line& Line::add(std::string_view text, Style style) {
  append(ellipsizeToWidth(displayable(text, encoding_), columnsLeft_, encoding_), style);
  return *this;
}

Line& Line::addFitted(std::string_view text, std::size_t width, Align align, Style style) {
  append(fitToWidth(displayable(text, encoding_), std::min(width, columnsLeft_), encoding_, align), style);
  return *this;
}

Line& Line::padUntilColumnsLeft(std::size_t width, Style style) {
  if (columnsLeft_ > width) append(std::string(columnsLeft_ - width, ' '), style);
  return *this;
}

Line& Line::highlight(Style style) {
  padUntilColumnsLeft(0);
  for (auto& span : spans_) span.style = style;
  return *this;
}

std::string Line::text() const {
  std::string text;
  for (const auto& span : spans_) text += span.text;
  return text;
}

void Line::append(std::string displayable, Style style) {
  if (displayable.empty()) return;
  columnsLeft_ -= std::min(columnsLeft_, widthOf(displayable));
  spans_.push_back({std::move(displayable), style});
}

}  // namespace leptir::top
