// What came of it: every record looked at, every digest compared with sha256sum, every run accounted for.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "leptir/meta_storage.h"

namespace demo {

// A task that was pushed. `path` is empty for an unruly one.
struct Pushed {
  std::string id;
  std::filesystem::path path;
  std::string manner;
  double notBefore = 0;  // Unix seconds: pushed at, or scheduled for
};

struct Verdict {
  std::map<std::string, std::size_t> byOutcome;  // cause of the record, "missing" for none
  std::map<std::string, std::size_t> intended;   // the same, as it should be
  std::vector<double> waits;  // seconds from the push, or from when it was scheduled for, to the start
  std::vector<std::string> complaints;
  std::size_t digestsThatAgree = 0;
  std::size_t runs = 0;  // of all tasks, by their records

  std::size_t tasks() const;
  std::size_t failed() const;  // tasks that did not finish
};

// `ledger` has a line for each run; `reference` is the output of sha256sum.
Verdict judge(const std::vector<Pushed>& pushed, leptir::MetaStorage& records, const std::filesystem::path& ledger,
              const std::filesystem::path& reference);

// The value below which `share` of the sorted `values` lie; 0 for none.
double percentile(const std::vector<double>& values, double share);

}  // namespace demo
