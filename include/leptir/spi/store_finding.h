// StoreFinding: what a store says of a fault of its own, for `leptir doctor`, `leptir check` and the log.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leptir/clock.h"
#include "leptir/finding_severity.h"

namespace leptir {

// Something about a store that loses tasks, slows them down, or will do so.
struct StoreFinding {
  FindingSeverity severity = FindingSeverity::Warning;
  std::string kind{};    // a stable word for scripts: eviction, durability, disk-space, …
  std::string what{};    // one sentence without a full stop; it begins with the place of the store
  std::string advice{};  // what its owner should do, in the imperative
};

// "what; advice", for BrokerTraits::warnings.
inline std::string warningOf(const StoreFinding& finding) {
  return finding.advice.empty() ? finding.what : finding.what + "; " + finding.advice;
}

// What SimpleBroker::examine and SimpleMetaStorage::examine have found.
struct StoreExamination {
  std::vector<StoreFinding> findings{};
  std::size_t looked = 0;  // how many things were looked at, also those without a finding
  // The time of the store's own clock, where it has one: as of the middle of the request that asked for it.
  std::optional<Time> clock{};
  Time asked{};  // the time of this machine then

  void add(FindingSeverity severity, std::string kind, std::string what, std::string advice) {
    findings.push_back({severity, std::move(kind), std::move(what), std::move(advice)});
  }
};

// The examination of a store that only has BrokerTraits::warnings or MetaTraits::warnings.
StoreExamination examinationOf(const std::vector<std::string>& warnings);

}  // namespace leptir
