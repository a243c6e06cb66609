// Reads a list of any length, page after page.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leptir/operations.h"

namespace leptir::cli {

// A search that finds little ends after this time, and says how to go on.
inline constexpr auto kMaxSearchTime = std::chrono::seconds(10);

// Calls `next(cursor, limit)` until `limit` entries are there, the list has ended, or kMaxSearchTime has passed.
// `append` adds a page to what is there and returns how many entries that has now. Returns the cursor, or an error.
template <class Next, class Append>
Result<std::string> readPages(std::string cursor, std::size_t limit, Next next, Append append) {
  const auto end = std::chrono::steady_clock::now() + kMaxSearchTime;
  std::size_t count = 0;
  do {
    auto page = next(cursor, std::min(limit - count, kMaxTasksPerSlice));
    if (!page) return page.error();
    cursor = page->cursor;
    count = append(std::move(*page));
  } while (!cursor.empty() && count < limit && std::chrono::steady_clock::now() < end);
  return cursor;
}

// Tells on stderr where the list goes on; nothing for an empty cursor.
void printCursor(std::string_view command, const std::string& cursor);

// Which part of a list to print, and in which order.
struct WantedPage {
  std::string cursor{};
  std::size_t limit = 20;
  std::optional<ListOrder> order{};
};

// Lists tasks of queues and records as `tasks --state` and `buried list` do. Returns the exit status.
int listTasks(std::string_view command, Operations& operations, const TaskSelection& selection, const WantedPage& page,
              bool json);

}  // namespace leptir::cli
