// The cursor of a list that goes through several stores: which store is next, and where its own list goes on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir::operations {

struct ListCursor {
  enum class Kind { Queue, Records };
  Kind kind = Kind::Queue;
  std::size_t index = 0;  // of the broker or the meta storage
  std::string inner{};    // the cursor of its list; empty: its beginning

  friend bool operator==(const ListCursor&, const ListCursor&) = default;
};

// "q0.…" or "r0.…": printable ASCII without blanks, so that a user can give it as an argument.
std::string textOf(const ListCursor& cursor);
// An empty text is the beginning of the first queue. Invalid: textOf has not made the text.
Result<ListCursor> listCursorOf(std::string_view text);

}  // namespace leptir::operations
