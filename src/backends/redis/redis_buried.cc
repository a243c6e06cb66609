#include "backends/redis/redis_buried.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace leptir::redis {

std::string encodeBuried(const BuriedValue& value) {
  const auto& counters = value.counters;
  return fmt::format("{} {} {} {} {} {}{}", counters.failures, counters.crashes, counters.expiries, counters.unknown,
                     value.reason.size(), value.reason, value.envelope);
}

std::string encodeTooLarge(std::size_t size) {
  return encodeBuried({{}, fmt::format("too large: {} bytes, more than leptir reads", size), {}});
}

BuriedValue decodeBuried(std::string_view text) {
  std::array<std::uint32_t, 5> numbers{};
  auto rest = text;
  for (auto& number : numbers) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || end == rest.data() + rest.size() || *end != ' ') return {.envelope = text};
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  }
  const auto [failures, crashes, expiries, unknown, length] = numbers;
  if (length > rest.size()) return {.envelope = text};
  return {.counters = {failures, crashes, expiries, unknown},
          .reason = std::string(rest.substr(0, length)),
          .envelope = rest.substr(length)};
}

}  // namespace leptir::redis
