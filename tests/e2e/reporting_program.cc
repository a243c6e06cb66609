// A user's program for tests of error reporting: reporters that work, throw, hang, crash and leave processes behind.
#include <fcntl.h>
#include <unistd.h>

#include <leptir/leptir.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/dying_tasks.h"
#include "tests/support/find_in_memory.h"

namespace {

using leptir::Json;

// Appends a JSON line for each report to the file of its options: the data, what was called, and its process.
class FileReporter final : public leptir::ErrorReporter {
 public:
  explicit FileReporter(const Json& options)
      : file_(options.at("file")), sleepsMilliseconds_(options.value("sleeps_milliseconds", 0)) {}

  static leptir::Result<void> checkOptions(const Json& options) {
    if (options.contains("file")) return {};
    return leptir::Error(leptir::ErrorCode::Invalid, "needs the key 'file'");
  }

  void addErrorData(const Json& data) override { data_ = data; }
  void reportException(const leptir::ThrownError& thrown) override {
    write({{"exception", thrown.type + ": " + thrown.message}});
  }
  void reportMessage(const std::string& message) override { write({{"message", message}}); }

 private:
  // One write for each line, so that no line is torn.
  void write(Json line) {
    ::usleep(static_cast<unsigned>(sleepsMilliseconds_) * 1000);
    line["data"] = data_;
    line["reporterPid"] = ::getpid();
    const auto text = leptir::writeJson(line) + "\n";
    const int file = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    const auto written = ::write(file, text.data(), text.size());
    ::close(file);
    if (written != static_cast<ssize_t>(text.size())) throw std::runtime_error("cannot write to " + file_);
  }

  const std::string file_;
  const int sleepsMilliseconds_;
  Json data_;
};

// Does the same thing for each report.
class Misbehaving : public leptir::ErrorReporter {
 public:
  void addErrorData(const Json&) override {}
  void reportException(const leptir::ThrownError&) override { misbehave(); }
  void reportMessage(const std::string&) override { misbehave(); }

 private:
  virtual void misbehave() = 0;
};

class Throwing final : public Misbehaving {
  void misbehave() override { throw std::runtime_error("the service is gone"); }
};

class Crashing final : public Misbehaving {
  void misbehave() override { leptir::waysToDie().at("segv")(); }
};

class Hanging final : public Misbehaving {
  void misbehave() override {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    for (;;) ::pause();
  }
};

class LeavingAChild final : public Misbehaving {
 public:
  explicit LeavingAChild(const Json& options) : file_(options.at("file")) {}

 private:
  void misbehave() override {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    const auto text = std::to_string(child) + "\n";
    const int file = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (::write(file, text.data(), text.size()) < 0) throw std::runtime_error("cannot write");
    ::close(file);
  }

  const std::string file_;
};

void searchMemory(const Json& parameters, leptir::TaskContext& task) {
  auto text = parameters.at("first").get<std::string>();
  text.append(parameters.at("second").get<std::string>());
  task.addResponseLine(std::to_string(leptir::findInMemory(text)));
}

void searchEnvironment(const Json& parameters, leptir::TaskContext& task) {
  const char* variable = std::getenv(parameters.at("variable").get<std::string>().c_str());
  task.addResponseLine(variable == nullptr ? "unset" : "set");
}

void sayTraceparent(const Json&, leptir::TaskContext& task) {
  task.addResponseLine(task.traceparent());
}

}  // namespace

int main(int argc, char** argv) {
  leptir::Program program;
  leptir::addTestTasks(program.tasks);
  for (const auto& [name, deed] : leptir::waysToDie())
    program.tasks.add<Json>(name, [deed = deed](const Json&, leptir::TaskContext&) { deed(); });
  program.tasks.add<Json>("search_environment", searchEnvironment);
  program.tasks.add<Json>("search_memory", searchMemory);
  program.tasks.add<Json>("traceparent", sayTraceparent);
  program.reporters.add<FileReporter>("File");
  program.reporters.add<Throwing>("Throwing");
  program.reporters.add<Crashing>("Crashing");
  program.reporters.add<Hanging>("Hanging");
  program.reporters.add<LeavingAChild>("LeavingAChild");
  if (std::getenv("LEPTIR_TEST_TWO_OF_ONE_NAME") != nullptr) program.reporters.add<Throwing>("File");
  return leptir::runMain(argc, argv, program);
}
