#include "task/program_task.h"

#include "task/input_errors.h"
#include "task/json_members.h"
#include "task/json_reader.h"
#include "task/json_text.h"
#include "task/program_command.h"
#include "task/program_crashed.h"
#include "task/program_lookup.h"
#include "task/program_output.h"
#include "task/program_process.h"
#include "task/task_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace leptir::task {
namespace {

// What all runs of a program's tasks share.
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

// The task as one JSON line, which the program can read from its stdin.
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

// The environment of the program: PATH, HOME and LANG of the worker, the variables of the configuration, and the
// LEPTIR_ variables, which the configuration cannot change.
std::vector<std::string> environmentOf(const TaskContext& context, const ProgramSetup& setup) {
  std::map<std::string, std::string> variables;
  for (const char* name : {"HOME", "LANG"}) {
    if (const char* value = std::getenv(name)) variables[name] = value;
  }
  for (const auto& [name, value] : setup.spec.environment) variables[name] = value;
  variables["PATH"] = pathOf(setup.spec);
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
  // The master stops a task by signals to the process group of the program, and kills the program and this worker if it
  // does not end in time. While it is being stopped, its output is stored in the slot (saveProvisionalOutcome).
  ExitStatus doJob() override {
    const auto end = runProgram(call(), callbacks());
    errors_.finish();
    output_.forEachLine([this](std::string line) { addResponseLine(std::move(line)); });
    TaskRun::of(context()).stderrTail = errors_.tail();
    if (!end) throw TaskError("Program did not run: " + end.error().message());
    return exitStatusOf(*end);
  }

  ProgramCallbacks callbacks() {
    return {
        .onStdout = [this](std::string_view piece) { output_.add(piece), outputIsStored_ = false; },
        .onStderr = [this](std::string_view piece) { errors_.add(piece), outputIsStored_ = false; },
        .stopToken = stopToken(),
        .whileStopping = [this] { storeOutput(); },
        .onStartDelayed =
            [this](const Error& why) {
              logWarning("The program of this task cannot be started at the moment, trying again: " + why.message());
            }};
  }

  void storeOutput() {
    const auto now = systemClock().bootTime();
    if (outputIsStored_ || now - storedAt_ < kStopPollInterval) return;
    storedAt_ = now;
    Outcome unfinished;
    output_.forEachLine([&](std::string_view line) {
      if (!unfinished.response.empty()) unfinished.response += ' ';
      unfinished.response.append(line);
    });
    unfinished.stderrTail = errors_.tail();
    outputIsStored_ = TaskRun::of(context()).saveProvisionalOutcome(unfinished);
  }

  ProgramCall call() {
    const auto parameters = getDataText();
    if (const auto checked = checkJson(parameters); !checked) throwUnreadableParameters(checked.error());
    return {.arguments = fillCommand(setup_->spec.command, parameters),
            .path = pathOf(setup_->spec),
            .environment = environmentOf(context(), *setup_),
            .directory = setup_->spec.directory,
            .input = inputLine(context(), parameters),
            .ownSession = setup_->spec.ownSession,
            .limits = setup_->limits};
  }

  ExitStatus exitStatusOf(const ProgramExit& end) {
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

  StdoutCollector output_{kMaxProgramOutput};
  StderrCollector errors_{kMaxProgramOutput, [this](std::string_view line) { logWarning(line); }};
  bool outputIsStored_ = false;
  BootTime storedAt_{};                        // limits how often it is stored: a kill during a write loses it
  std::shared_ptr<const ProgramSetup> setup_;  // shared with the factory and every task of this name
};

}  // namespace

void addProgram(TaskRegistry& tasks, const std::string& name, ProgramSpec spec, std::string session,
                ResourceLimits limits) {
  auto setup = std::make_shared<const ProgramSetup>(ProgramSetup{std::move(spec), std::move(session), limits});
  tasks.addFactory(name, [setup] { return std::make_unique<ProgramTask>(setup); });
}

}  // namespace leptir::task
