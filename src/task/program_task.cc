#include "task/program_task.h"

#include "task/json_members.h"
#include "task/json_reader.h"
#include "task/json_text.h"
#include "task/program_crashed.h"
#include "task/program_lookup.h"
#include "task/program_output.h"
#include "task/program_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace leptir {
namespace {

// All that a program's tasks share.
struct ProgramSetup {
  ProgramSpec spec;
  std::string session;
  ResourceLimits limits;
};

void appendSeconds(Duration duration, std::string& out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  if (seconds == duration) return appendInteger(seconds.count(), out);
  out.append(Json(std::chrono::duration<double>(duration).count()).dump());
}

// The task as one JSON line: what a program reads when arguments are not enough.
std::string inputLine(const TaskContext& context, std::string_view parameters) {
  std::string line = R"({"id":)";
  appendJsonText(context.id(), line);
  line.append(R"(,"name":)");
  appendJsonText(context.name(), line);
  line.append(R"(,"parameters":)").append(onOneLine(parameters));
  line.append(R"(,"attempt":)").append(std::to_string(context.attempt()));
  line.append(R"(,"fence":)").append(std::to_string(context.fence()));
  line.append(R"(,"timeLimit":)");
  appendSeconds(context.timeLimit(), line);
  return line.append("}\n");
}

// Nothing of ours but what every program needs; the configuration adds to it, and cannot change who the task is.
std::vector<std::string> environmentOf(const TaskContext& context, const ProgramSetup& setup) {
  std::map<std::string, std::string> variables;
  variables["PATH"] = kUsualPath;
  for (const char* name : {"PATH", "HOME", "LANG"}) {
    if (const char* value = std::getenv(name)) variables[name] = value;
  }
  for (const auto& [name, value] : setup.spec.environment) variables[name] = value;
  variables["LEPTIR_SESSION"] = setup.session;
  variables["LEPTIR_TASK_ID"] = context.id();
  variables["LEPTIR_ATTEMPT"] = std::to_string(context.attempt());
  variables["LEPTIR_FENCE"] = std::to_string(context.fence());

  std::vector<std::string> texts;
  for (const auto& [name, value] : variables) texts.push_back(fmt::format("{}={}", name, value));
  return texts;
}

class ProgramTask final : public BaseTask {
 public:
  explicit ProgramTask(std::shared_ptr<const ProgramSetup> setup) : setup_(std::move(setup)) {}

 private:
  // Who stops a task signals the program's whole process group. A program that does not end then is killed, and we
  // with it: so its output is put where it outlives us.
  ExitStatus doJob() override {
    const auto end = runProgram(call(), watcher());
    errors_.finish();
    output_.forEachLine([this](std::string line) { addResponseLine(std::move(line)); });
    context().setStderrTail(std::string(errors_.tail()));
    if (!end) throw TaskError("Program did not run: " + end.error().message());
    return judge(*end);
  }

  ProgramWatcher watcher() {
    return {[this](std::string_view piece) { output_.add(piece), outputIsLeft_ = false; },
            [this](std::string_view piece) { errors_.add(piece), outputIsLeft_ = false; }, stopToken(),
            [this] { leaveOutput(); },
            [this](const Error& why) { logWarning("Program cannot be started yet, trying again: " + why.message()); }};
  }

  void leaveOutput() {
    const auto now = systemClock().bootTime();
    if (outputIsLeft_ || now - leftAt_ < kLookEvery) return;
    leftAt_ = now;
    Outcome unfinished;
    output_.forEachLine([&](std::string_view line) {
      if (!unfinished.response.empty()) unfinished.response += ' ';
      unfinished.response.append(line);
    });
    unfinished.stderrTail = errors_.tail();
    outputIsLeft_ = context().leaveUnfinished(unfinished);
  }

  ProgramCall call() {
    const auto parameters = getDataText();
    if (const auto checked = checkJson(parameters); !checked) {
      throw InputError("Parameters cannot be read: " + checked.error().message());
    }
    return {fillCommand(setup_->spec.command, parameters),
            environmentOf(context(), *setup_),
            setup_->spec.directory,
            inputLine(context(), parameters),
            setup_->spec.ownSession,
            setup_->limits};
  }

  ExitStatus judge(const ProgramEnd& end) {
    if (end.signal != 0) {
      throw ProgramCrashed(fmt::format("Program was ended by signal {} ({}).", end.signal, ::strsignal(end.signal)),
                           end.signal);
    }
    if (end.exitCode == 0) return ExitStatus::Success;
    const auto& warnings = setup_->spec.warningExitCodes;
    if (std::find(warnings.begin(), warnings.end(), end.exitCode) != warnings.end()) return ExitStatus::Warning;
    addResponseLine(fmt::format("Program exited with code {}.", end.exitCode));
    return ExitStatus::Error;
  }

  LinesOfTheBeginning output_{kMaxProgramOutput};
  LinesAndTail errors_{kMaxProgramOutput, [this](std::string_view line) { logWarning(line); }};
  bool outputIsLeft_ = false;
  BootTime leftAt_{};                          // not all the time: a kill while it is written spoils it
  std::shared_ptr<const ProgramSetup> setup_;  // with the factory, and so with every task of this name
};

}  // namespace

void addProgram(TaskRegistry& tasks, const std::string& name, ProgramSpec spec, std::string session,
                ResourceLimits limits) {
  auto setup = std::make_shared<const ProgramSetup>(ProgramSetup{std::move(spec), std::move(session), limits});
  tasks.addFactory(name, [setup] { return std::make_unique<ProgramTask>(setup); });
}

}  // namespace leptir
