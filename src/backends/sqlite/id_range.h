// The ids that begin with a prefix, as a range that an index on ids can find.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leptir::sqlite {

// A list whose ids have a prefix reads the index on ids instead of all rows in their order, unless more rows than this
// have that prefix: it sorts what it has found, for each page again.
inline constexpr std::int64_t kMaxRowsPerPrefix = 2'000;

struct IdRange {
  std::string first;
  std::string behind;  // the first text that is greater than all with the prefix
};

// nullopt: no text is greater than all with the prefix: it is empty, or has only bytes 0xff.
inline std::optional<IdRange> idsWithPrefix(std::string_view prefix) {
  std::string behind(prefix);
  while (!behind.empty() && behind.back() == '\xff') behind.pop_back();
  if (behind.empty()) return {};
  behind.back() = static_cast<char>(static_cast<unsigned char>(behind.back()) + 1);
  return IdRange{std::string(prefix), std::move(behind)};
}

}  // namespace leptir::sqlite
