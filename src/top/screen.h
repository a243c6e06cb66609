// What stands on the screen: lines of text with styles. The view makes it, and the terminal draws it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "top/text_width.h"

namespace leptir::top {

enum class Style { Plain, Faint, Bold, Red, Green, Yellow, Heading, Selected };

struct Span {
  std::string text{};  // displayable
  Style style = Style::Plain;
};

struct Size {
  std::size_t columns = 80, rows = 24;
  friend bool operator==(const Size&, const Size&) = default;
};

// One line, which never becomes wider than the screen: what does not fit is cut.
class Line {
 public:
  Line(std::size_t columns, Encoding encoding) : columnsLeft_(columns), encoding_(encoding) {}

  // Appends any text.
  Line& add(std::string_view text, Style style = Style::Plain);
  // Appends a text that fills exactly `width` columns, if so many are left.
  Line& addFitted(std::string_view text, std::size_t width, Align align = Align::Left, Style style = Style::Plain);
  // Blanks, so that `width` columns are left.
  Line& padUntilColumnsLeft(std::size_t width, Style style = Style::Plain);
  // Gives the whole line this style, up to its last column.
  Line& highlight(Style style);

  std::size_t columnsLeft() const { return columnsLeft_; }
  const std::vector<Span>& spans() const { return spans_; }
  std::string text() const;

 private:
  void append(std::string displayable, Style style);

  std::vector<Span> spans_;
  std::size_t columnsLeft_;
  Encoding encoding_;
};

using Screen = std::vector<Line>;

}  // namespace leptir::top
