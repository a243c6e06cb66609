// What this machine allows leptir, as the doctor reads it.
#pragma once

#include <cstdint>
#include <optional>

#include "operations/doctor.h"

namespace leptir::operations {

struct MachineFacts {
  std::optional<std::uint64_t> memoryAvailable{}, memoryOfMachine{};  // bytes
  std::optional<std::uint64_t> memoryLimit{};                         // of the cgroup; none: no limit, or not known
  std::optional<std::uint64_t> processLimit{};                        // of the user and of the cgroup, the smaller one
  bool isClockSynchronised = true;                                    // as the kernel says
};

MachineFacts readMachineFacts();

// The findings about these facts, for an instance with so many workers.
void examineFacts(const MachineFacts& facts, int workers, const std::string& where, Findings& findings);

}  // namespace leptir::operations
