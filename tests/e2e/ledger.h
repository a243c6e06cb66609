// For tests that count runs: tasks append their id to a file, the ledger, when they begin.
#pragma once

#include <fstream>
#include <map>

#include "tests/e2e/installation.h"

namespace leptir::e2e {

class Ledger : public Installation {
 protected:
  // The `tasks:` block of a configuration with the task `note`, which writes to the ledger.
  std::string noteTask() const {
    return "  tasks: { note: { command: [/bin/sh, -c, 'echo $LEPTIR_TASK_ID >> " + (folder / "ledger").string() +
           "; sleep 0.02'] } }\n";
  }

  std::vector<std::string> pushNotes(int number) {
    return leptir({"push", "note", "--number=" + std::to_string(number)}).lines();
  }

  // How often each task began.
  std::map<std::string, int> runs() const {
    std::map<std::string, int> runs;
    std::ifstream ledger(folder / "ledger");
    for (std::string id; std::getline(ledger, id);) ++runs[id];
    return runs;
  }

  void expectEachRanOnce(const std::vector<std::string>& ids) const {
    const auto counted = runs();
    EXPECT_EQ(counted.size(), ids.size());
    for (const auto& id : ids) EXPECT_EQ(counted.contains(id) ? counted.at(id) : 0, 1) << id;
  }

  std::uint64_t done() {
    const auto now = status();
    return now.at("instance").is_null() ? 0 : now["instance"]["done"].get<std::uint64_t>();
  }
};

}  // namespace leptir::e2e
