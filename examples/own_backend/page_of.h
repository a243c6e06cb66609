// The part of a list that a caller asks for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "leptir/page.h"

namespace folder {

template <class Item>
std::vector<Item> pageOf(std::vector<Item> all, leptir::Page page) {
  const auto begin = std::min(page.offset, all.size());
  const auto end = begin + std::min(page.limit, all.size() - begin);
  return {all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace folder
