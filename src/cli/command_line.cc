#include "cli/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>

#include "base/classic_locale.h"
#include "base/escape.h"
#include "base/exit_code.h"
#include "cli/command_mistake.h"
#include "cli/completion_script.h"
#include "cli/help_text.h"
#include "cli/number_of.h"
#include "cli/print.h"
#include "cli/terminal.h"
#include "cli/time_option.h"
#include "cli/validators.h"
#include "leptir/version.h"

namespace leptir::cli {
namespace {

constexpr const char* kConfigOfRunningHelp = "the configuration that it was started with";
constexpr const char* kPidHelp = "pid file (default: one for each configuration, in the state folder)";

std::optional<Duration> durationOf(std::string_view text) {
  const auto duration = readDuration(text);
  return duration ? std::optional(*duration) : std::nullopt;
}

constexpr const char* kForever = "forever";  // --wait without a value

// The file name of the called program, which help and hints show: leptir, or the name of a user's program.
std::string nameOfProgram(int argc, const char* const* argv) {
  const auto name = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : std::string();
  return name.empty() ? "leptir" : base::escaped(name);
}

// The help of the program and of each command. The formatter of CLI11 does not wrap, and shows what options exclude.
class HelpFormatter : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    const auto width = terminalOf(STDOUT_FILENO).width;
    const auto* program = app->get_parent();
    if (program == nullptr) return helpOfProgram(programTextOf(*app), width);
    return helpOfCommand(program->get_name(), commandTextOf(*app), app->get_footer(), width);
  }
};

// Titles of groups of commands in the help of the program.
constexpr const char* kRunGroup = "Run an instance on this machine";
constexpr const char* kPushGroup = "Push tasks, and see what becomes of them";
constexpr const char* kLookGroup = "Look at queues and instances";
constexpr const char* kChangeGroup = "Change tasks, queues and instances";
constexpr const char* kMachineGroup = "Set up and measure a machine";

// Parses the command line with CLI11. Each subcommand fills its own struct; its callback makes that struct the result.
class Parser {
 public:
  explicit Parser(std::string program) : program_(std::move(program)) {
    app_.name(program_);
    app_.formatter(std::make_shared<HelpFormatter>());
    push_.program = program_;
    install_.name = program_;
    app_.require_subcommand(1);
    app_.set_version_flag("--version", std::string(kVersion));
    app_.footer(
        "Every command has --help. Exit status: 0 done, 1 partly or not done, 2 usage, 3 not running, 4 not found,\n"
        "69 a store cannot be used, 75 not over in time (push --wait), 78 the configuration is wrong.");
    addInstanceCommands();
    addPushCommands();
    addLookCommands();
    addChangeCommands();
    addMachineCommands();
  }

  Command parse(int argc, const char* const* argv) {
    if (argc < 2) {
      std::cerr << app_.help();
      return NothingToDo{base::kExitUsageError};
    }
    // CLI11 would take the next word as the value: `push x --id= --config=f` would push to another store.
    if (const auto empty = findOptionWithoutValue({argv, argv + argc}))
      return usageError(*empty + " has no value: write it after the =, or leave the option out");
    try {
      const base::ClassicLocale classic;  // CLI11 reads fractions with strtold, which obeys the locale
      app_.parse(argc, argv);
      return command_();
    } catch (const CLI::Success& asked) {  // --help, --version
      app_.exit(asked, std::cout, std::cerr);
      return NothingToDo{base::kExitDone};
    } catch (const CLI::ExtrasError& error) {
      return usageError(explainMistake(app_, program_, {argv, argv + argc}).value_or(error.what()));
    } catch (const CLI::RequiredError& error) {
      return usageError(explainMistake(app_, program_, {argv, argv + argc}).value_or(error.what()));
    } catch (const CLI::ParseError& error) {
      return usageError(error.what());
    }
  }

 private:
  Command usageError(std::string message) const {
    std::ranges::replace(message, '\n', ' ');
    std::string of;
    for (const auto* chosen : app_.get_subcommands()) of = " " + chosen->get_name();
    printError("{}{}: {}", program_, of, message);
    printError("Try: {}{} --help", program_, of);
    return NothingToDo{base::kExitUsageError};
  }

  void addInstanceCommands() {
    group_ = kRunGroup;
    addStart();
    addStop();
    addReload();
    addStatus();
  }

  void addPushCommands() {
    group_ = kPushGroup;
    addPush();
    addInfo();
    addTasks();
    addOperating("logs", "Show the lines that a task has logged, and a program's stderr; also while it runs.", logs_);
    addOperating("stack", "Show where a running task is: functions, files and lines of all its threads.", stack_);
  }

  void addLookCommands() {
    group_ = kLookGroup;
    addOperating("top", "Watch queues, instances and tasks on a full screen, and change them by keys.", top_);
    addOperating("queues", "Show each broker's queue: counts, how long the oldest task has been due, pauses.", queues_);
    addOperating("instances", "Show the instances of all machines, and what they run.", instances_);
    addOperating("names", "Show the task names, and how often and how long their tasks ran.", names_);
    addOperating("doctor", "Look at stores, instances and this machine for what will hurt, and say what to do.",
                 doctor_);
    addOperating("audit", "Show what operators did, the newest first.", audit_);
    addOperating("metrics", "Print what a running instance has counted, as text that Prometheus reads.", metrics_);
  }

  void addChangeCommands() {
    group_ = kChangeGroup;
    addOperating("buried", "List, show, revive or delete buried tasks.", buried_);
    addOperating("cancel", "Remove waiting tasks from their queues, or have running tasks stopped.", cancel_);
    addOperating("run-now", "Make scheduled tasks due at once.", runNow_);
    addOperating("reschedule", "Change when waiting tasks are due.", reschedule_);
    addOperating("again", "Push tasks that are over once more, as new tasks, perhaps with changed parameters.", again_);
    addOperating("pause", "Have all instances begin no more tasks of a broker or of a name; running tasks go on.",
                 pause_);
    addOperating("resume", "End a pause, or with --instance a drain.", resume_);
    addOperating("drain", "Have an instance on any machine begin no more tasks.", drain_);
    addOperating("workers", "Change how many workers an instance on any machine has.", workers_);
  }

  void addMachineCommands() {
    group_ = kMachineGroup;
    addCheck();
    addBench();
    addInstall();
    addCompletion();
    addManual();
  }

  template <class T>
  CLI::App* addCommand(const char* name, const char* description, T& parsed) {
    auto* command = app_.add_subcommand(name, description)->group(group_);
    command->callback([this, &parsed] { command_ = [&parsed]() -> Command { return parsed; }; });
    return command;
  }

  void addStart() {
    auto* command = addCommand(
        "start", "Run an instance: lease tasks, run them in worker processes, record how they went.", start_);
    command->add_option("--config", start_.config, kConfigHelp)->type_name("FILE");
    command->add_option("--pid", start_.pid, kPidHelp)->type_name("FILE");
    command->add_flag("--daemon", start_.daemon, "go to the background; only file loggers are active then");
    command->add_flag(
        "--drain", start_.drain,
        "end when no task is due, scheduled or leased; exit status 1 when tasks of unknown names are left");
  }

  void addStop() {
    auto* command = addCommand("stop", "Stop an instance and wait until it is gone; running tasks may finish.", stop_);
    command->add_option("--config", stop_.config, kConfigOfRunningHelp)->type_name("FILE");
    command->add_option("--pid", stop_.pid, kPidHelp)->type_name("FILE");
    auto* instance =
        command
            ->add_option("--instance", stop_.instance,
                         "an instance on any machine that reaches the same stores, as leptir instances shows it")
            ->excludes("--pid");
    command->add_flag("--now", stop_.now, "with --instance: end running tasks at once, and give them back")
        ->needs(instance);
    command->add_flag("--json", stop_.json, "with --instance: as one JSON object")->needs(instance);
    command
        ->add_option("--timeout", stop_.timeout,
                     "wait at most this many seconds; exit status 1 when it still runs then")
        ->transform(durationInSeconds())
        ->excludes(instance);
  }

  void addReload() {
    auto* command = addCommand(
        "reload", "Have an instance read its configuration again and reopen its logs; running tasks go on.", reload_);
    command->add_option("--config", reload_.config, kConfigOfRunningHelp)->type_name("FILE");
    command->add_option("--pid", reload_.pid, kPidHelp)->type_name("FILE");
    auto* instance =
        command
            ->add_option("--instance", reload_.instance,
                         "an instance on any machine that reaches the same stores, as leptir instances shows it")
            ->excludes("--pid");
    command->add_flag("--json", reload_.json, "with --instance: as one JSON object")->needs(instance);
  }

  void addStatus() {
    auto* command = addCommand("status", "Show the instance, the brokers' queues and what each worker does.", status_);
    command->add_option("--config", status_.config, kConfigHelp)->type_name("FILE");
    command->add_option("--pid", status_.pid, kPidHelp)->type_name("FILE");
    command->add_flag("--all", status_.all, "all instances of this user, whatever their configuration")
        ->excludes("--config")
        ->excludes("--pid");
    command->add_flag("--json", status_.json, "as one JSON object");
    command
        ->add_flag("--ready", status_.ready,
                   "say in one line whether the instance is ready, without asking stores; exit status 0: ready, 1: "
                   "running but not ready, 3: not running")
        ->excludes("--all");
    command
        ->add_flag("--watch{2}", watch_,
                   "show it again every 2 seconds, or every SECONDS, until Ctrl-C: on a terminal in place, elsewhere "
                   "one after the other; with --json one object a line")
        ->excludes("--all")
        ->excludes("--ready")
        ->type_name("SECONDS");
    command->callback([this] { command_ = [this] { return checkedStatus(); }; });
  }

  Command checkedStatus() {
    if (watch_.empty()) return status_;
    status_.watch = durationOf(watch_);
    constexpr auto kMin = std::chrono::milliseconds(100);
    if (!status_.watch || *status_.watch < kMin)
      return usageError("--watch: " + notADuration(watch_) + "; the least is 0.1 s");
    return status_;
  }

  void addPush() {
    auto* command = addCommand("push", "Push tasks; prints one id a line.", push_);
    command->add_option("NAME", push_.name, "the task's name (noop, sleep, fail, throw, crash and hang are built in)");
    command->add_option("PARAMETER", push_.parameters, "key=text or key:=JSON, as many as you like");
    command->add_option("--json", push_.json, "the parameters as one JSON object; key=value arguments are added to it");
    command->add_flag("--stdin", push_.fromStdin,
                      "instead of NAME: read JSON lines {\"name\", \"parameters\", \"delaySeconds\", \"at\", "
                      "\"expires\", \"priority\", \"timeLimit\", \"maxAttempts\", \"id\", \"broker\", "
                      "\"traceparent\"}, or envelopes; the "
                      "options below hold for lines that say nothing else");
    auto* delay = command
                      ->add_option("--delaySeconds", push_.delaySeconds,
                                   "run it this many seconds from now (also 90s, 10m, 2h, 7d)")
                      ->transform(durationInSeconds());
    command->add_option("--at", push_.at, std::string("run it at this time: ") + kTimeHelp)->excludes(delay);
    command->add_option(
        "--expires", push_.expires,
        "do not run it if it has not begun by then: a time as for --at, or +60 for 60 seconds from the push on");
    command
        ->add_option("--priority", push_.priority,
                     "goes to the first broker whose priority index is at least this one, else to the last")
        ->check(wholeNumber("a whole number of 64 bits"));
    command->add_option("--timeLimit", push_.timeLimit, "seconds; 0: task_execution_time of the instance that runs it")
        ->check(wholeNumber("a whole number of seconds, not below 0", 0));
    command
        ->add_option("--maxAttempts", push_.maxAttempts,
                     "from 2: failed runs until the task is buried; 1 (default): a failed task is neither retried nor "
                     "kept. Crashes are counted separately, and the third buries the task")
        ->check(wholeNumber("a whole number from 1 to 4294967295", 1, std::numeric_limits<std::uint32_t>::max()));
    command->add_option("--number", push_.number, "push it this many times")
        ->check(wholeNumber("a whole number above 0", 1));
    command->add_option("--id", push_.id, "its id; pushing an id again adds nothing while the task is in the queue")
        ->check([](const std::string& id) {
          return id.empty() ? "the id is empty: leave --id out, and leptir makes one" : "";
        });
    command->add_option("--broker", push_.broker, "name of the broker to push to, whatever --priority says");
    command->add_option("--traceparent", push_.traceparent,
                        "the span that pushes it, as W3C Trace Context writes it (default: the environment variable "
                        "TRACEPARENT, if it is set)");
    command->add_flag("--quiet", push_.quiet, "print no ids, and with --wait no records");
    command
        ->add_flag("--wait{forever}", wait_,
                   "wait until the tasks are over, at most so many seconds after the push (--wait=SECONDS), and print "
                   "their records instead of ids: one as JSON, several one a line as they end. Exit status 0: all "
                   "succeeded, 1: some did not, 75: some are not over")
        ->type_name("SECONDS");
    command->add_flag("--text", push_.text, "with --wait: readable text instead of JSON");
    command->add_option("--config", push_.config, kConfigHelp)->type_name("FILE");
    command->callback([this] { command_ = [this] { return checkedPush(); }; });
  }

  Command checkedPush() {
    if (!wait_.empty()) {
      push_.wait = wait_ == kForever ? Duration::max() : durationOf(wait_);
      if (!push_.wait) return usageError("--wait: " + notADuration(wait_));
    }
    if (push_.text && !push_.wait) return usageError("--text shows records as text, which only --wait prints");
    if (push_.name.empty() && !push_.fromStdin) return usageError("no task is named: give its NAME, or --stdin");
    if (push_.fromStdin && (!push_.name.empty() || !push_.json.empty() || !push_.id.empty() || push_.number != 1)) {
      return usageError("--stdin reads the tasks from lines: give no NAME, parameters, --json, --id or --number");
    }
    if (!push_.id.empty() && push_.number > 1) return usageError("--id with --number above 1 would push one task only");
    return push_;
  }

  void addInfo() {
    auto* command = addCommand("info", "Print the record of a task as JSON, or its place in a queue.", info_);
    command->add_option("ID", info_.id, "the id of the task, or its beginning if that fits one task only")->required();
    command->add_flag("--text", info_.text, "readable text: times as dates, the stack and stderr line by line");
    command->add_option("--config", info_.config, kConfigHelp)->type_name("FILE");
  }

  template <class T>
  void addOperating(const char* name, const char* description, T& parsed) {
    addOptions(*addCommand(name, description, parsed), parsed);
  }

  void addTasks() {
    auto* command = addCommand(
        "tasks", "List records of tasks, newest first, one line each; with --state or --broker tasks in queues.",
        tasks_);
    addSelection(*command, tasks_.selection);
    command->add_option("--limit", tasks_.limit, "at most this many tasks (default 20)")
        ->check(wholeNumber("a whole number above 0", 1));
    command->add_option("--cursor", tasks_.cursor, "go on where an earlier page of the same list ended");
    command->add_option("--sort", tasks_.sort,
                        "in queues: due (default) or -due, the latest first; buried or -buried with --state=buried; of "
                        "records: saved or -saved (default), the newest first");
    command->add_flag("--json", tasks_.json, "each task as one line of JSON, of those that are over the whole records");
    command->add_option("--config", tasks_.config, kConfigHelp)->type_name("FILE");
  }

  void addCheck() {
    auto* command =
        addCommand("check", "Open every store of the configuration and print what each can and cannot do.", check_);
    command->add_option("--config", check_.config, kConfigHelp)->type_name("FILE");
  }

  void addBench() {
    auto* command = addCommand(
        "bench", "Measure this machine: run no-op tasks in a temporary instance, on SQLite in a temporary folder.",
        bench_);
    command
        ->add_option(
            "--config", bench_.config,
            "use the first broker, whose queue must be empty, and the meta storages of this configuration instead")
        ->type_name("FILE");
    command->add_option("--tasks", bench_.tasks, "number of tasks")->check(wholeNumber("a whole number above 0", 1));
    command->add_option("--scheduled", bench_.scheduled,
                        "this many more tasks wait in the queue, due tomorrow; with --config they stay (default 0)");
    command->add_option("--sleep", bench_.sleep, "each task sleeps this many milliseconds (default 0: no-op tasks)")
        ->check(wholeNumber("a whole number from 0 to 60000", 0, 60'000));
    command->add_option("--workers", bench_.workers, "number of workers (default: one for each core)")
        ->check(wholeNumber("a whole number from 1 to 1024", 1, 1024));
    command->add_flag("--json", bench_.json, "as one JSON object");
  }

  void addInstall() {
    auto* command = addCommand(
        "install", "Write the files of a service: a systemd unit or an /etc/init.d script. Starts nothing.", install_);
    command->add_option("--config", install_.config, "the configuration that the service is started with")
        ->type_name("FILE");
    command->add_option("--pid", install_.pid, "pid file of the service (default: /run/NAME/NAME.pid)")
        ->type_name("FILE");
    command->add_option("--name", install_.name,
                        "name of the service and of its folders below /var/lib, /var/log and /run; several instances "
                        "on one machine need different names (default: the name of this program)");
    command->add_option("--user", install_.user,
                        "run the service as this user (default: a user named like the service; with --sysv: root)");
    command->add_flag("--sysv", install_.sysv, "write a script for /etc/init.d instead of a systemd unit");
    command->add_flag("--print", install_.print, "print the files instead of writing them");
    command->add_flag("--force", install_.force, "replace files that are there and differ");
    command->add_option("--root", install_.root, "write the files below this folder (for packages)");
    command->add_option("--program", install_.program, "path of the program in the service (default: this program)")
        ->type_name("FILE");
  }

  void addCompletion() {
    auto* command = app_.add_subcommand("completion", "Print a script by which a shell completes commands and options.")
                        ->group(group_);
    command->add_option("SHELL", shell_, "for bash: source <(leptir completion bash)")
        ->required()
        ->check(CLI::IsMember(shellWords()));
    command->callback([this] { command_ = [this] { return completion(); }; });
  }

  Command completion() const { return PrintCommand{completionScript(programTextOf(app_), *shellFrom(shell_))}; }

  void addManual() {
    auto* command =
        app_.add_subcommand("manual", "Print a manual page for man: leptir manual push | man -l -")->group(group_);
    auto* of = command->add_option("COMMAND", manualOf_, "the page of this command (default: the page of the program)");
    command
        ->add_option("--to", manualFolder_,
                     "write all pages as files into this folder, which man finds if it is called man1")
        ->type_name("FOLDER")
        ->excludes(of);
    command->callback([this] { command_ = [this] { return manual(); }; });
  }

  Command manual() const {
    const auto program = programTextOf(app_);
    auto pages = manualPages(program);
    if (!manualFolder_.empty()) return WritePagesCommand{manualFolder_, std::move(pages)};
    const auto wanted = program.name + (manualOf_.empty() ? "" : "-" + manualOf_);
    for (auto& page : pages) {
      if (page.name == wanted) return PrintCommand{std::move(page.text)};
    }
    return usageError("there is no command " + base::inQuotes(manualOf_));
  }

  std::string program_;
  CLI::App app_{"leptir: background tasks that are never lost, in worker processes that can always be stopped."};
  const char* group_ = kRunGroup;  // of the commands that are added next
  StartCommand start_;
  StopCommand stop_;
  ReloadCommand reload_;
  StatusCommand status_;
  std::string watch_;  // the value of --watch; empty: not given
  PushCommand push_;
  std::string wait_;  // the value of --wait; empty: not given
  InfoCommand info_;
  TasksCommand tasks_;
  QueuesCommand queues_;
  BuriedCommand buried_;
  CancelCommand cancel_;
  RunNowCommand runNow_;
  RescheduleCommand reschedule_;
  AgainCommand again_;
  PauseCommand pause_;
  ResumeCommand resume_;
  InstancesCommand instances_;
  LogsCommand logs_;
  StackCommand stack_;
  NamesCommand names_;
  DoctorCommand doctor_;
  AuditTrailCommand audit_;
  DrainCommand drain_;
  WorkersCommand workers_;
  MetricsCommand metrics_;
  TopCommand top_;
  CheckCommand check_;
  BenchCommand bench_;
  InstallCommand install_;
  std::string shell_, manualOf_;
  std::filesystem::path manualFolder_;
  std::function<Command()> command_ = [] { return NothingToDo{base::kExitUsageError}; };
};

}  // namespace

Command parseCommandLine(int argc, const char* const* argv) {
  return Parser(nameOfProgram(argc, argv)).parse(argc, argv);
}

}  // namespace leptir::cli
