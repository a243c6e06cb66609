// Page: the part of a long list that a caller asks for.
#pragma once

#include <cstddef>

namespace leptir {

// The part of a long list to return: at most `limit` entries, beginning with entry number `offset`.
struct Page {
  std::size_t offset = 0;
  std::size_t limit = 100;
};

}  // namespace leptir
