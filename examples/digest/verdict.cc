#include "verdict.h"

#include <algorithm>
#include <cmath>
#include <fstream>

namespace demo {
namespace {

std::map<std::string, int> runsOf(const std::filesystem::path& ledger) {
  std::map<std::string, int> runs;
  std::ifstream lines(ledger);
  for (std::string id; std::getline(lines, id);) ++runs[id];
  return runs;
}

// sha256sum writes a backslash in front of the line when the name has one or a line feed in it, and escapes both.
std::string unescaped(const std::string& name) {
  std::string plain;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\\' && i + 1 < name.size()) {
      plain += name[++i] == 'n' ? '\n' : name[i];
    } else {
      plain += name[i];
    }
  }
  return plain;
}

std::map<std::string, std::string> digestsOf(const std::filesystem::path& reference) {
  std::map<std::string, std::string> digests;
  std::ifstream lines(reference);
  for (std::string line; std::getline(lines, line);) {
    const bool escaped = line.starts_with('\\');
    if (escaped) line.erase(0, 1);
    if (line.size() < 66) continue;
    const auto name = line.substr(66);
    digests[escaped ? unescaped(name) : name] = line.substr(0, 64);
  }
  return digests;
}

// The cause that the record of a task with this manner must have.
std::string expectedCause(const std::string& manner) {
  if (manner == "throw") return "threw";
  if (manner == "overrun") return "timed_out";
  if (manner == "crash") return "crashed";
  return "finished";
}

class ResultChecker {
 public:
  ResultChecker(leptir::MetaStorage& records, const std::filesystem::path& ledger,
                const std::filesystem::path& reference)
      : records_(records), runs_(runsOf(ledger)), digests_(digestsOf(reference)) {}

  void checkTask(const Pushed& task) {
    ++verdict_.intended[expectedCause(task.manner)];
    const auto record = records_.loadMetaInfoById(task.id);
    if (!record) {
      ++verdict_.byOutcome["missing"];
      return complain(task, "has no record: " + record.error().message());
    }
    const auto cause = record->value("cause", "");
    ++verdict_.byOutcome[cause];
    verdict_.waits.push_back(std::max(0.0, startOfFirstRun(*record) - task.notBefore));
    if (cause != expectedCause(task.manner))
      complain(task, "ended as '" + cause + "', not as '" + expectedCause(task.manner) + "'");
    checkRuns(task, *record);
    if (!task.path.empty()) checkDigest(task, *record);
  }

  DemoResult finish() {
    std::sort(verdict_.waits.begin(), verdict_.waits.end());
    return std::move(verdict_);
  }

 private:
  void complain(const Pushed& task, const std::string& what) {
    verdict_.complaints.push_back(task.id + " (" + (task.path.empty() ? task.manner : task.path.string()) + ") " +
                                  what);
  }

  static double startOfFirstRun(const leptir::Json& record) {
    const auto history = record.value("history", leptir::Json::array());
    if (!history.empty()) return history.front().value("exStart", 0.0);
    return record.value("exEnd", 0.0) - record.value("exTime", 0.0);
  }

  // Every run must be in the record: the last one, and the earlier ones in its history.
  void checkRuns(const Pushed& task, const leptir::Json& record) {
    const auto told = static_cast<int>(record.value("history", leptir::Json::array()).size()) + 1;
    const auto runs = runs_.contains(task.id) ? runs_.at(task.id) : 0;
    verdict_.runs += static_cast<std::size_t>(told);
    if (runs != told)
      complain(task, "ran " + std::to_string(runs) + " times, its record tells of " + std::to_string(told));
  }

  void checkDigest(const Pushed& task, const leptir::Json& record) {
    const auto expected = digests_.find(task.path.string());
    const auto found = record.value("result", leptir::Json::object()).value("sha256", "");
    if (expected == digests_.end() || expected->second != found) return complain(task, "disagrees with sha256sum");
    ++verdict_.digestsThatAgree;
  }

  leptir::MetaStorage& records_;
  std::map<std::string, int> runs_;
  std::map<std::string, std::string> digests_;
  DemoResult verdict_;
};

}  // namespace

std::size_t DemoResult::tasks() const {
  std::size_t all = 0;
  for (const auto& [outcome, count] : byOutcome) all += count;
  return all;
}

std::size_t DemoResult::failed() const {
  return tasks() - (byOutcome.contains("finished") ? byOutcome.at("finished") : 0);
}

DemoResult checkResult(const std::vector<Pushed>& pushed, leptir::MetaStorage& records,
                       const std::filesystem::path& ledger, const std::filesystem::path& reference) {
  ResultChecker checkResult(records, ledger, reference);
  for (const auto& task : pushed) checkResult.checkTask(task);
  return checkResult.finish();
}

double percentile(const std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(std::floor(share * static_cast<double>(values.size()))))];
}

}  // namespace demo
