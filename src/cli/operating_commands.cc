#include "cli/operating_commands.h"

#include <vector>

#include "cli/number_of.h"
#include "cli/time_option.h"
#include "cli/validators.h"
#include "leptir/operations/listed_task.h"

namespace leptir::cli {
namespace {

constexpr const char* kInstanceHelp =
    "the instance: its host, host:pid, or the first digits of its name, as leptir instances shows them";

std::vector<std::string> stateWords() {
  const auto words = listedStateWords();
  return {words.begin(), words.end()};
}

void addConfig(CLI::App& app, std::filesystem::path& config) {
  app.add_option("--config", config, kConfigHelp)->type_name("FILE");
}

void addJson(CLI::App& app, bool& json, const char* help = "as one JSON object") {
  app.add_flag("--json", json, help);
}

void addIds(CLI::App& app, std::vector<std::string>& ids) {
  app.add_option("ID", ids, "ids of tasks; at a terminal also the beginning of an id that fits one task only");
}

void addId(CLI::App& app, std::string& id) {
  app.add_option("ID", id, "the id of a task, or its beginning if that fits one task only")->required();
}

void addCommonSelection(CLI::App& app, SelectionOptions& options) {
  app.add_option("--name", options.name, "only tasks of this name");
  app.add_option("--id", options.id, "only tasks whose id begins so");
  app.add_option("--since", options.since,
                 std::string("only tasks that are due (of records: were saved) at this time or later: ") + kTimeHelp +
                     ", or how long ago: 90s, 10m, 2h, 7d");
  app.add_option("--until", options.until, "only tasks that are due (of records: were saved) before this time");
}

void addState(CLI::App& app, SelectionOptions& options) {
  app.add_option(
         "--state", options.state,
         "only tasks in this state: due, scheduled, leased or buried in a queue, or over: done, failed or cancelled")
      ->check(CLI::IsMember(stateWords()));
}

void addBroker(CLI::App& app, SelectionOptions& options) {
  app.add_option("--broker", options.broker, "only tasks in the queue of this broker");
}

void addReason(CLI::App& app, SelectionOptions& options) {
  app.add_option("--reason", options.reason, "only buried tasks whose reason contains this text");
}

void addCause(CLI::App& app, SelectionOptions& options) {
  app.add_option(
      "--cause", options.cause,
      "only tasks that ended so: error, success or warning of those that ran to their end, or the cause in the "
      "record: finished (any of these), threw, timed_out, crashed, cancelled, …");
}

// Options of every action on tasks.
void addBulk(CLI::App& app, BulkOptions& bulk) {
  app.add_flag("--all", bulk.all, "instead of a selection: every task to which this applies");
  app.add_flag("--dry-run", bulk.dryRun, "only say how many tasks it would be, and show the first ten");
  app.add_flag("--yes", bulk.yes, "do not ask; needed for more than one task where there is no terminal to ask on");
  addJson(app, bulk.json);
  addConfig(app, bulk.config);
}

}  // namespace

bool SelectionOptions::isEmpty() const {
  return state.empty() && name.empty() && id.empty() && reason.empty() && cause.empty() && since.empty() &&
         until.empty();
}

void addSelection(CLI::App& app, SelectionOptions& options) {
  addState(app, options);
  addCommonSelection(app, options);
  addBroker(app, options);
  addReason(app, options);
  addCause(app, options);
}

void addOptions(CLI::App& app, QueuesCommand& command) {
  addJson(app, command.json);
  addConfig(app, command.config);
}

void addOptions(CLI::App& app, InstancesCommand& command) {
  app.add_flag("--running", command.running, "list the tasks that each instance runs, too");
  addJson(app, command.json);
  addConfig(app, command.config);
}

void addOptions(CLI::App& app, LogsCommand& command) {
  addId(app, command.id);
  app.add_option("--attempt", command.attempt,
                 "the log of this run, 1 for the first (default: the run that goes on, else the last one)")
      ->check(wholeNumber("a whole number above 0", 1));
  app.add_flag("--follow", command.follow, "print new lines until the run ends");
  addJson(app, command.json, "as one JSON object; with --follow each line as one");
  addConfig(app, command.config);
}

void addOptions(CLI::App& app, StackCommand& command) {
  addId(app, command.id);
  addJson(app, command.json);
  addConfig(app, command.config);
}

void addOptions(CLI::App& app, NamesCommand& command) {
  app.add_flag("--all", command.all, "also the test tasks of leptir (noop, sleep, …) that never ran");
  app.add_option("--records", command.records, "read at most this many records, the newest (default 10000)")
      ->check(wholeNumber("a whole number above 0", 1));
  addJson(app, command.json);
  addConfig(app, command.config);
}

void addOptions(CLI::App& app, DoctorCommand& command) {
  addJson(app, command.json);
  addConfig(app, command.config);
}

void addOptions(CLI::App& app, AuditTrailCommand& command) {
  app.add_option("--limit", command.limit, "at most this many entries (default 20)")
      ->check(wholeNumber("a whole number from 1 to 10000", 1, 10'000));
  addJson(app, command.json);
  addConfig(app, command.config);
}

void addOptions(CLI::App& app, BuriedCommand& command) {
  app.add_option("ACTION", command.action,
                 "list (default), show: the envelope and the record as well, revive: back into the queue, or delete")
      ->check(CLI::IsMember(std::vector<std::string>{"list", "show", "revive", "delete"}));
  addIds(app, command.bulk.ids);
  app.add_option("--limit", command.limit, "list at most this many tasks (default 20)")
      ->check(wholeNumber("a whole number above 0", 1));
  app.add_option("--cursor", command.cursor, "go on with the list where an earlier page ended");
  app.add_option("--sort", command.sort, "list by burial: buried (default), or -buried, the last one first");
  addCommonSelection(app, command.bulk.selection);
  addBroker(app, command.bulk.selection);
  addReason(app, command.bulk.selection);
  addBulk(app, command.bulk);
}

void addOptions(CLI::App& app, CancelCommand& command) {
  addIds(app, command.bulk.ids);
  addState(app, command.bulk.selection);
  addCommonSelection(app, command.bulk.selection);
  addBroker(app, command.bulk.selection);
  addReason(app, command.bulk.selection);
  addBulk(app, command.bulk);
}

void addOptions(CLI::App& app, RunNowCommand& command) {
  addIds(app, command.bulk.ids);
  addCommonSelection(app, command.bulk.selection);
  addBroker(app, command.bulk.selection);
  addBulk(app, command.bulk);
}

void addOptions(CLI::App& app, RescheduleCommand& command) {
  addIds(app, command.bulk.ids);
  auto* at = app.add_option("--at", command.at, std::string("when they are due: ") + kTimeHelp);
  app.add_option("--delaySeconds", command.delaySeconds,
                 "they are due this many seconds from now (also 90s, 10m, 2h, 7d)")
      ->transform(durationInSeconds())
      ->excludes(at);
  addState(app, command.bulk.selection);
  addCommonSelection(app, command.bulk.selection);
  addBroker(app, command.bulk.selection);
  addBulk(app, command.bulk);
}

void addOptions(CLI::App& app, AgainCommand& command) {
  app.add_option("ID", command.bulk.ids,
                 "ids of tasks that are over or buried, and parameters to change: key=text or key:=JSON. A selection "
                 "leaves out tasks that were cancelled (but for --cause=cancelled), are buried, or were pushed again "
                 "before");
  addCommonSelection(app, command.bulk.selection);
  addCause(app, command.bulk.selection);
  addBulk(app, command.bulk);
}

void addOptions(CLI::App& app, PauseCommand& command) {
  app.add_option("--broker", command.broker, "only tasks of this broker");
  app.add_option("--name", command.name, "only tasks of this name");
  app.add_flag("--all", command.all, "the queues of all brokers");
  addJson(app, command.json);
  addConfig(app, command.config);
}

void addOptions(CLI::App& app, ResumeCommand& command) {
  app.add_option("--broker", command.pause.broker,
                 "end the pause of this broker's queue, or with --name of a name in it");
  app.add_option("--name", command.pause.name, "end the pause of tasks of this name");
  app.add_flag("--all", command.pause.all, "end the pauses of all brokers");
  addJson(app, command.pause.json);
  addConfig(app, command.pause.config);
  app.add_option("--instance", command.instance,
                 "end the drain of this instance instead: its host, host:pid or digits");
}

void addOptions(CLI::App& app, DrainCommand& command) {
  app.add_option("--instance", command.instance, kInstanceHelp)->required();
  addJson(app, command.json);
  addConfig(app, command.config);
}

void addOptions(CLI::App& app, MetricsCommand& command) {
  app.add_flag("--openmetrics", command.openMetrics, "in the format OpenMetrics 1.0 instead of Prometheus' own");
  app.add_option("--output", command.output,
                 "write this file as a whole instead, for the textfile collector of the node exporter; where no "
                 "instance runs it then says leptir_up 0")
      ->type_name("FILE");
  app.add_option("--config", command.config, "the configuration that the instance was started with")->type_name("FILE");
  app.add_option("--pid", command.pid, "pid file of the instance")->type_name("FILE");
}

void addOptions(CLI::App& app, WorkersCommand& command) {
  app.add_option("NUMBER", command.workers, "how many workers, from 1 to 1024")
      ->required()
      ->check(wholeNumber("a whole number from 1 to 1024", 1, 1'024));
  app.add_option("--instance", command.instance, kInstanceHelp)->required();
  addJson(app, command.json);
  addConfig(app, command.config);
}

void addOptions(CLI::App& app, TopCommand& command) {
  app.add_option("--interval", command.interval, "ask each store again after so many seconds (default 2)")
      ->transform(durationInSeconds())
      ->check(mustBe("a number of seconds from 0.5 to 3600",
                     [](const std::string& text) {
                       const auto number = numberOf<double>(text);
                       return number && *number >= 0.5 && *number <= 3'600;
                     }))
      ->type_name("SECONDS");
  addConfig(app, command.config);
}

}  // namespace leptir::cli
