// The demo: pushes a digest task for every regular file under a folder through two brokers, lets an instance run them
// while some throw, overrun or crash and the dispatcher is killed half way, and compares every digest with sha256sum.
// Exit status 0 only if all agree.
#include <fmt/format.h>
#include <leptir/leptir.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "instance_process.h"
#include "verdict.h"

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// A temporary folder, which is removed with this object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "leptir-demo-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("cannot make a folder in " + fs::temp_directory_path().string());
    folder_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  fs::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  fs::path folder_;
};

fs::path writeConfig(const TemporaryFolder& demoFolder) {
  const auto file = demoFolder / "leptir.yaml";
  std::ofstream(file) << fmt::format(R"(leptir:
  brokers:
    - {{ name: urgent, type: sqlite, connection: {{ path: {0} }}, configuration: {{ priority: 0 }} }}
    - {{ name: patient, type: sqlite, connection: {{ path: {1} }}, configuration: {{ priority: 5 }} }}
  meta_storage:
    - {{ type: sqlite, connection: {{ path: {0} }} }}
  daemon:
    configuration: {{ number_of_workers: {2}, kill_grace: 0.5 }}
  loggers:
    logfile: {{ type: file, options: {{ path: {3} }} }}
)",
                                     (demoFolder / "urgent.db").string(), (demoFolder / "patient.db").string(),
                                     std::max(2U, std::thread::hardware_concurrency()),
                                     (demoFolder / "leptir.log").string());
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  return file;
}

std::vector<fs::path> filesUnder(const fs::path& folder) {
  std::vector<fs::path> files;
  const auto options = fs::directory_options::skip_permission_denied;
  for (const auto& entry : fs::recursive_directory_iterator(folder, options)) {
    if (entry.is_symlink() || !entry.is_regular_file()) continue;
    if (::access(entry.path().c_str(), R_OK) == 0) files.push_back(entry.path());
  }
  return files;
}

// What the misbehaving tasks do: throw, run over their time limit, crash always, or crash in the first attempt only.
std::vector<std::string> misbehaviours() {
  return {"throw", "throw", "throw", "overrun", "crash", "crash once", "crash once"};
}

class Pusher {
 public:
  Pusher(leptir::Broker& broker, std::string ledger) : broker_(broker), ledger_(std::move(ledger)) {}

  void add(const fs::path& path) {
    const auto number = pushed_.size();
    leptir::TaskToPush task{.name = "digest.file", .parameters = {{"path", path.string()}, {"ledger", ledger_}}};
    task.options.priority = number % 3 == 0 ? 0 : 5;
    if (number % 20 == 0) task.options.delay = 2s;
    add(std::move(task), {.path = path});
  }

  void addUnruly(const std::string& manner) {
    leptir::TaskToPush task{.name = "digest.unruly", .parameters = {{"manner", manner}, {"ledger", ledger_}}};
    if (manner == "overrun") task.options.timeLimitSeconds = 1;
    add(std::move(task), {.manner = manner});
  }

  void flush() {
    if (batch_.empty()) return;
    const auto ids = broker_.pushTasks(batch_);
    if (!ids) throw std::runtime_error(ids.error().message());
    for (std::size_t i = 0; i < ids->size(); ++i) pushed_[pushed_.size() - ids->size() + i].id = (*ids)[i];
    batch_.clear();
  }

  const std::vector<demo::Pushed>& pushed() const { return pushed_; }

 private:
  void add(leptir::TaskToPush task, demo::Pushed pushed) {
    pushed.notBefore = leptir::unixSeconds(leptir::systemClock().now() + task.options.delay);
    pushed_.push_back(std::move(pushed));
    batch_.push_back(std::move(task));
    if (batch_.size() == 1000) flush();
  }

  leptir::Broker& broker_;
  std::string ledger_;
  std::vector<leptir::TaskToPush> batch_;
  std::vector<demo::Pushed> pushed_;
};

struct Line {
  std::uint64_t due = 0, scheduled = 0, running = 0, done = 0, failed = 0;
};

Line lineOf(const leptir::Json& status) {
  Line line;
  for (const auto& broker : status.at("brokers")) {
    line.due += broker.at("due").get<std::uint64_t>();
    line.scheduled += broker.at("scheduled").get<std::uint64_t>();
  }
  for (const auto& worker : status.at("workers")) line.running += worker.at("task").is_null() ? 0 : 1;
  line.done = status.at("instance").at("done").get<std::uint64_t>();
  line.failed = status.at("instance").at("failed").get<std::uint64_t>();
  return line;
}

std::string textOf(const Line& line, double seconds) {
  return fmt::format("  due {:>6}  scheduled {:>5}  running {:>2}  done {:>6} (failed {:>3})  {:>7.0f} tasks/s ",
                     line.due, line.scheduled, line.running, line.done, line.failed,
                     static_cast<double>(line.done) / seconds);
}

// How the instance ended.
struct InstanceEnd {
  int exit = 0;
  bool dispatcherWasKilled = false;
  double seconds = 0;  // from the first push to the end of the instance
};

// Shows the progress until the instance has ended; kills its dispatcher once half of the tasks are done.
InstanceEnd watch(demo::InstanceProcess& instance, std::size_t tasks, std::chrono::steady_clock::time_point began) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  InstanceEnd instanceEnd;
  while (true) {
    const auto exit = instance.ended();
    instanceEnd.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (exit) {
      instanceEnd.exit = *exit;
      return instanceEnd;
    }
    if (const auto status = instance.status(); !status.is_null()) {
      const auto line = lineOf(status);
      std::cout << (terminal ? "\r" : "") << textOf(line, instanceEnd.seconds) << (terminal ? "" : "\n") << std::flush;
      if (!instanceEnd.dispatcherWasKilled && line.done > 0 && line.done * 2 >= tasks && instance.killDispatcher()) {
        instanceEnd.dispatcherWasKilled = true;
        std::cout << (terminal ? "\n" : "")
                  << "  -- killed the dispatcher with SIGKILL; the next one takes over its tasks --\n";
      }
    }
    std::this_thread::sleep_for(terminal ? 100ms : 500ms);
  }
}

void writeReference(const fs::path& folder, const fs::path& reference) {
  // sha256sum hashes the files that `find` lists, not our list: a common list would prove less.
  const auto command = fmt::format("find '{}' -type f -print0 | xargs -0 sha256sum > '{}' 2>/dev/null", folder.string(),
                                   reference.string());
  [[maybe_unused]] const int status = std::system(command.c_str());
}

std::size_t countOf(const std::map<std::string, std::size_t>& counts, const std::string& outcome) {
  return counts.contains(outcome) ? counts.at(outcome) : 0;
}

void printOutcomes(const demo::DemoResult& verdict) {
  auto outcomes = verdict.byOutcome;
  outcomes.insert(verdict.intended.begin(), verdict.intended.end());
  fmt::print("\n  {:<12} {:>7} {:>9}\n", "outcome", "tasks", "intended");
  std::size_t intended = 0;
  for (const auto& [outcome, ignored] : outcomes) {
    const auto should = countOf(verdict.intended, outcome);
    intended += should;
    fmt::print("  {:<12} {:>7} {:>9}\n", outcome, countOf(verdict.byOutcome, outcome), should);
  }
  fmt::print("  {:<12} {:>7} {:>9}\n", "all", verdict.tasks(), intended);
}

// One sentence that says what this run has proved, or that it has failed.
std::string proof(const demo::DemoResult& verdict, const InstanceEnd& instanceEnd, std::size_t files) {
  if (!verdict.complaints.empty())
    return fmt::format("Not proved: {} tasks or digests are wrong, see above.", verdict.complaints.size());
  return fmt::format(
      "Proved: all {} tasks ended as intended and each of their {} runs stands in a record, {}, and {} of {} digests "
      "equal those of sha256sum.",
      verdict.tasks(), verdict.runs,
      instanceEnd.dispatcherWasKilled ? "though the dispatcher was killed half way"
                                      : "although no dispatcher was killed (too few files: all was done before)",
      verdict.digestsThatAgree, files);
}

void print(const demo::DemoResult& verdict, const InstanceEnd& instanceEnd, double cpuSeconds, std::size_t files) {
  const auto tasks = static_cast<double>(verdict.tasks());
  // The last poll of the instance was before its end, so this last line is computed from the records.
  fmt::print("{}{}\n", ::isatty(STDOUT_FILENO) == 1 ? "\r" : "",
             textOf({.done = verdict.tasks(), .failed = verdict.failed()}, instanceEnd.seconds));
  printOutcomes(verdict);
  fmt::print(
      "\n  push to start   p50 {:.3f} s, p99 {:.3f} s (all were pushed at once, so most waited for their turn)\n",
      demo::percentile(verdict.waits, 0.5), demo::percentile(verdict.waits, 0.99));
  fmt::print("  throughput      {:.0f} tasks/s over {:.1f} s, the waits after crashes included\n",
             tasks / instanceEnd.seconds, instanceEnd.seconds);
  fmt::print("  CPU             {:.1f} s, {:.0f} us a task, hashing included\n", cpuSeconds, cpuSeconds * 1e6 / tasks);
  fmt::print("  digests         {} of {} equal those of sha256sum\n", verdict.digestsThatAgree, files);
  for (std::size_t i = 0; i < std::min<std::size_t>(10, verdict.complaints.size()); ++i)
    fmt::print("  !! {}\n", verdict.complaints[i]);
  fmt::print("\n{}\n", proof(verdict, instanceEnd, files));
}

// Throws an error that says what is wrong if the folder cannot be used.
fs::path folderNamed(const std::string& name) {
  std::error_code error;
  const auto folder = fs::canonical(name, error);
  if (!error && fs::is_directory(folder, error)) return folder;
  throw std::runtime_error(fmt::format("{}: {}; name another: make demo FOLDER=/usr/include", name,
                                       error ? error.message() : "not a folder"));
}

int run(const std::string& program, const fs::path& folder) {
  const TemporaryFolder demoFolder;
  const auto config = leptir::loadConfig(writeConfig(demoFolder));
  if (!config) throw std::runtime_error(config.error().message());
  const auto files = filesUnder(folder);
  if (files.empty()) throw std::runtime_error(folder.string() + ": no regular file that can be read");

  const auto began = std::chrono::steady_clock::now();
  std::vector<demo::Pushed> pushed;
  {
    auto broker = leptir::openBroker(*config);
    if (!broker) throw std::runtime_error(broker.error().message());
    Pusher pusher(*broker, (demoFolder / "ledger").string());
    const auto misbehaviour = misbehaviours();
    for (std::size_t i = 0; i < files.size(); ++i) {
      pusher.add(files[i]);
      if (i < misbehaviour.size()) pusher.addUnruly(misbehaviour[i]);
    }
    pusher.flush();
    pushed = pusher.pushed();
  }
  fmt::print("{} files under {}, and {} tasks that throw, hang or crash: pushed\n", files.size(), folder.string(),
             pushed.size() - files.size());
  std::cout << std::flush;

  demo::InstanceProcess instance(program, config->file, demoFolder / "leptir.pid", demoFolder / "output");
  const auto instanceEnd = watch(instance, pushed.size(), began);
  if (instanceEnd.exit != 0) {
    std::cout << "the instance ended with exit status " << instanceEnd.exit << ":\n"
              << std::ifstream(demoFolder / "output").rdbuf();
    return 1;
  }
  writeReference(folder, demoFolder / "reference");
  auto records = leptir::openMetaStorage(*config);
  if (!records) throw std::runtime_error(records.error().message());
  const auto verdict = demo::checkResult(pushed, *records, demoFolder / "ledger", demoFolder / "reference");
  print(verdict, instanceEnd, instance.cpuSeconds(), files.size());
  return verdict.complaints.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: digest_demo PROGRAM FOLDER\n";
    return 2;
  }
  return run(argv[1], folderNamed(argv[2]));
} catch (const std::exception& error) {
  std::cerr << "demo: " << error.what() << '\n';
  return 1;
}
