// Checks the outcome of the demo: the record of every task, every digest against sha256sum, the number of runs.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "leptir/meta_storage.h"

namespace demo {

// A task that was pushed. `path` is empty for a task that misbehaves.
struct Pushed {
  std::string id;
  std::filesystem::path path;
  std::string manner;
  double notBefore = 0;  // Unix seconds: the time of the push, or the time for which it was scheduled
};

struct DemoResult {
  std::map<std::string, std::size_t> byOutcome;  // number of tasks by the cause in the record; "missing": no record
  std::map<std::string, std::size_t> intended;   // the numbers that byOutcome should have
  std::vector<double> waits;                     // seconds from `notBefore` of each task to its start, sorted
  std::vector<std::string> complaints;
  std::size_t digestsThatAgree = 0;
  std::size_t runs = 0;  // runs of all tasks, counted in their records

  std::size_t tasks() const;
  std::size_t failed() const;  // tasks whose cause is not "finished"
};

// `ledger` has a line for each run; `reference` is the output of sha256sum.
DemoResult checkResult(const std::vector<Pushed>& pushed, leptir::MetaStorage& records,
                       const std::filesystem::path& ledger, const std::filesystem::path& reference);

// The value below which `share` (0 to 1) of the sorted `values` lie; 0 if there are no values.
double percentile(const std::vector<double>& values, double share);

}  // namespace demo
