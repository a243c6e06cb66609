#include "task/program_task.h"

#include "task/input_errors.h"
#include "task/json_reader.h"
#include "task/program_command.h"
#include "task/program_crashed.h"
#include "task/program_input.h"
#include "task/program_lookup.h"
#include "task/program_output.h"
#include "task/program_process.h"
#include "task/program_results.h"
#include "task/task_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace leptir::task {
namespace {

// What all runs of a program's tasks share.
struct ProgramSetup {
  ProgramSpec spec;
  std::string session;  // the LEPTIR_SESSION of the programs: see addProgram
  ResourceLimits limits;
};

// Whether the program ended by exit and without a request to stop. Otherwise the record says how far it had come.
enum class EndsByItself { No, Yes };

// For the record of a run that did not come to its own end; empty if the program reported no progress.
std::string describeProgress(const ProgramResults& results) {
  if (!results.progress) return {};
  const auto text = results.progressText.empty() ? "" : " (" + results.progressText + ")";
  return fmt::format("Its last progress was {:.0f} %{}.", *results.progress * 100, text);
}

class ProgramTask final : public BaseTask {
 public:
  explicit ProgramTask(std::shared_ptr<const ProgramSetup> setup) : setup_(std::move(setup)) {}

 private:
  // The master stops a task by signals to the process group of the program, and kills the program and this worker if it
  // does not end in time. While the program is being stopped, its output so far is stored in the slot
  // (saveProvisionalOutcome).
  ExitStatus doJob() override {
    TaskRun::of(context()).notifyProgramStart();
    const auto end = runProgram(call(), callbacks());
    stderrCollector_.finish();
    results_.finish();
    addOutputToRun(end && end->signal == 0 && !stopToken().stopRequested() ? EndsByItself::Yes : EndsByItself::No);
    if (!end) throw TaskError("Program did not run: " + end.error().message());
    return exitStatusOf(*end);
  }

  ProgramCallbacks callbacks() {
    return {.onStdout = [this](std::string_view piece) { output_.add(piece), outputIsStored_ = false; },
            .onStderr = [this](std::string_view piece) { stderrCollector_.add(piece), outputIsStored_ = false; },
            .onResult = [this](std::string_view piece) { results_.add(piece), outputIsStored_ = false; },
            .stopToken = stopToken(),
            .whileStopping = [this] { storeOutput(); },
            .onStartDelayed =
                [this](const Error& why) {
                  TaskRun::of(context()).log(
                      LogLevel::Warning,
                      "The program of this task cannot be started at the moment, trying again: " + why.message());
                }};
  }

  void storeOutput() {
    const auto now = systemClock().bootTime();
    if (outputIsStored_ || now - storedAt_ < kStopPollInterval) return;
    storedAt_ = now;
    Outcome unfinished;
    for (const auto& line : responseLinesOf(EndsByItself::No)) {
      if (!unfinished.response.empty()) unfinished.response += ' ';
      unfinished.response.append(line);
    }
    unfinished.flow = results_.results().states;
    unfinished.result = results_.results().result;
    unfinished.stderrTail = stderrCollector_.tail();
    outputIsStored_ = TaskRun::of(context()).saveProvisionalOutcome(unfinished);
  }

  // Takes what the program said into the outcome of this run.
  void addOutputToRun(EndsByItself end) {
    auto& run = TaskRun::of(context());
    for (auto& line : responseLinesOf(end)) addResponseLine(std::move(line));
    const auto& results = results_.results();
    for (const auto& state : results.states) changeState(state);
    run.result = results.result;
    run.stderrTail = stderrCollector_.tail();
    if (results.retryAfter) retryAfter(*results.retryAfter);
    if (results.discard) discard(*results.discard);
  }

  // The lines of stdout, then the response lines that the program reported.
  std::vector<std::string> responseLinesOf(EndsByItself end) const {
    std::vector<std::string> lines;
    output_.forEachLine([&](std::string line) { lines.push_back(std::move(line)); });
    const auto& results = results_.results();
    lines.insert(lines.end(), results.responseLines.begin(), results.responseLines.end());
    auto progress = end == EndsByItself::Yes ? std::string() : describeProgress(results);
    if (!progress.empty()) lines.push_back(std::move(progress));
    return lines;
  }

  ProgramCall call() {
    const auto parameters = getDataText();
    if (const auto checked = checkJson(parameters); !checked) throwUnreadableParameters(checked.error());
    return {.arguments = fillCommand(setup_->spec.command, parameters),
            .path = searchPathOf(setup_->spec),
            .environment = programEnvironment(context(), setup_->spec, setup_->session),
            .directory = setup_->spec.directory,
            .input = programInput(context(), parameters),
            .ownSession = setup_->spec.ownSession,
            .run = fence(),
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
  StderrCollector stderrCollector_{
      kMaxProgramOutput,
      {.onLimitedLine = [this](std::string_view line) { TaskRun::of(context()).log(LogLevel::Warning, line); },
       .onEachLine = [this](std::string_view line) { TaskRun::of(context()).addToTaskLog(LogLevel::Warning, line); }}};
  ProgramResultReader results_{
      {.onProgress = [this](double fraction, std::string_view text) { progress(fraction, text); },
       .onLog = [this](LogLevel level, std::string_view line) { TaskRun::of(context()).logFromTask(level, line); }}};
  bool outputIsStored_ = false;
  BootTime storedAt_{};                        // when output was last stored; a kill during a write loses it
  std::shared_ptr<const ProgramSetup> setup_;  // shared with the factory and every task of this name
};

}  // namespace

void addProgram(TaskRegistry& tasks, const std::string& name, ProgramSpec spec, std::string session,
                ResourceLimits limits) {
  auto setup = std::make_shared<const ProgramSetup>(ProgramSetup{std::move(spec), std::move(session), limits});
  tasks.addFactory(name, [setup] { return std::make_unique<ProgramTask>(setup); });
}

}  // namespace leptir::task
