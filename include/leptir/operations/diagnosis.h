// What Operations::diagnose has found: what will hurt, and what to do about it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/finding_severity.h"

namespace leptir {

struct Finding {
  FindingSeverity severity = FindingSeverity::Warning;
  // A stable word for scripts: cancel-cut-off, clock-skew, disk-space, durability, due-without-instance, eviction,
  // fails-often, late-renewal, low-limit, many-buried, many-retries, memory, missing-index, no-card, paused,
  // paused-queue-grows, store-down, two-versions, unknown-name, wal-growth, …
  std::string kind{};
  std::string where{};   // "broker local", "meta storage records", "instance 01234567 (web1:4711)", "machine web1"
  std::string what{};    // one sentence, without a full stop
  std::string advice{};  // what to do, in the imperative; empty: the sentence says so
};

// problem, warning or note.
std::string_view nameOf(FindingSeverity severity);

struct Diagnosis {
  std::vector<Finding> findings{};  // the worst first
  std::size_t looked = 0;           // how many things were looked at
  std::size_t stores = 0;           // brokers and meta storages
  std::size_t answered = 0;         // of them; a store that does not exist yet has answered

  bool isHealthy() const;  // no finding is more than a note
};

}  // namespace leptir
