// Fixture of the tests of error reports: a program with error reporters (reporting_program.cc).
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "tests/e2e/ledger.h"

namespace leptir::e2e {

class ErrorReportsTest : public Ledger {
 protected:
  ErrorReportsTest();

  std::string fileReporter(const std::string& more = "", const std::string& name = "reports") const {
    return "{ class: File, name: " + name + ", options: { file: " + (folder / name).string() + more + " } }";
  }
  // Configures these reporters.
  void report(const std::vector<std::string>& reporters, const std::string& more = "") {
    std::string list;
    for (const auto& reporter : reporters) list += "    - " + reporter + "\n";
    writeConfig(defaultYaml("  error_reporting:\n" + list + more));
  }

  std::vector<Json> reports(const std::string& name = "reports") const {
    std::vector<Json> reports;
    std::ifstream file(folder / name);
    for (std::string line; std::getline(file, line);) reports.push_back(Json::parse(line));
    return reports;
  }
  std::vector<Json> reportsAbout(const std::string& id, const std::string& name = "reports") const {
    auto all = reports(name);
    std::erase_if(all, [&](const Json& report) { return report.at("data").at("id") != id; });
    return all;
  }
  // The only report about a task.
  Json reportAbout(const std::string& id) const {
    const auto found = reportsAbout(id);
    EXPECT_EQ(found.size(), 1u) << id;
    return found.empty() ? Json{{"data", Json::object()}} : found.front();
  }
  // Runs the tasks that wait, to the end of the instance.
  void drainAll() {
    const auto instance = start({"--drain"});
    exitStatus = instance->waitForExit();
    output = instance->output();
  }
  bool isLeased(const std::string& id) { return info(id).value("state", "") == "leased"; }
  Json counts() { return status().at("errorReports"); }  // null: no instance runs, or it has no reporters
  std::uint64_t count(const char* key) {
    const auto now = counts();
    return now.is_null() ? 0 : now.at(key).get<std::uint64_t>();
  }

  int exitStatus = -1;
  std::string output;
};

}  // namespace leptir::e2e
