#include "numbers.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace folder {

// A file that a power cut has emptied or taken back does no harm: the clock has gone on.
Result<std::uint64_t> Numbers::take(std::uint64_t count) const {
  const auto file = folder_ / kFile;
  const auto content = readFile(file);
  if (!content) return content.error();
  const auto text = content->value_or("");
  std::uint64_t last = 0;
  std::from_chars(text.data(), text.data() + text.size(), last);
  const auto now = std::max<std::int64_t>(clock_.now().time_since_epoch().count(), 0);
  const auto first = std::max<std::uint64_t>(static_cast<std::uint64_t>(now), last + 1);
  const auto written = writeFile(file, std::to_string(first + count - 1), Durability::ProcessCrash);
  if (!written) return written.error();
  return first;
}

}  // namespace folder
