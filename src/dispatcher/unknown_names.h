// What the dispatcher remembers of tasks whose names its program does not know, while they wait in their queue for a
// program that does. Pure; one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "leptir/clock.h"

namespace leptir {

// 30 s after the first time, doubling up to 10 min; nothing once the waits come to a day.
std::optional<Duration> delayAfterUnknownName(std::uint32_t times);

class UnknownNames {
 public:
  // At most so many are remembered; then those go that were seen longest ago.
  static constexpr std::size_t kMost = 20'000;

  // The task was leased. Answers how long to leave it to other programs; nothing: it has waited for a day.
  std::optional<Duration> seen(std::string_view id, std::string_view name, BootTime now);
  void forget(std::string_view id);
  std::size_t size() const { return tasks_.size(); }
  // The names of these tasks, each once.
  std::set<std::string> names() const;

 private:
  struct Entry {
    std::string name{};
    std::uint32_t times = 0;
    BootTime last{};
  };
  void makeRoom();

  std::map<std::string, Entry, std::less<>> tasks_;
};

}  // namespace leptir
