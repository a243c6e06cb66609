// Remembers tasks whose names this program does not know, while they wait in their queue for a program that does. Used
// by one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "leptir/clock.h"

namespace leptir::settlement {

// How long a task of an unknown name is left to other programs after its n-th lease here: 30 s, doubling up to 10 min;
// empty once the delays add up to a day.
std::optional<Duration> delayAfterUnknownName(std::uint32_t times);

class UnknownNames {
 public:
  // The most tasks that are remembered; beyond that, those that were leased longest ago are forgotten.
  static constexpr std::size_t kMaxTasks = 20'000;

  // Notes that the task was leased. Returns how long to leave it to other programs; empty: it has waited for a day.
  std::optional<Duration> noteLease(std::string_view id, std::string_view name, BootTime now);
  void forget(std::string_view id);
  std::size_t size() const { return tasks_.size(); }
  // How many tasks were leased here more than once, and are to come again: no other program took them meanwhile.
  std::size_t countRepeatedlyLeased(BootTime now) const;
  // The names of the remembered tasks, each once.
  std::set<std::string> names() const;

 private:
  struct Entry {
    std::string name{};
    std::uint32_t leases = 0;
    BootTime last{}, nextLeaseAt{};  // its last lease, and the time until which it is left to other programs
  };
  void forgetOldest();

  std::map<std::string, Entry, std::less<>> tasks_;
};

}  // namespace leptir::settlement
