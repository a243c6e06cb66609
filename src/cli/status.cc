// leptir status
#include <fmt/format.h>

#include <cstdio>
#include <iostream>

#include "base/duration_text.h"
#include "cli/broker_pauses.h"
#include "cli/commands.h"
#include "cli/instance_files.h"
#include "cli/instance_json.h"
#include "cli/json_output.h"
#include "cli/print.h"
#include "cli/session_list.h"
#include "config/assemble.h"
#include "instance/instance.h"

namespace leptir::cli {
namespace {

// What stands in `instance` of `status --json`.
Json detailedInstanceJson(const link::BoardInstance& instance) {
  auto json = instanceJson(instance);
  json["state"] = nameOf(instance.state);
  json["waitsFor"] = instance.waitsFor.empty() ? Json() : Json(instance.waitsFor);
  return json;
}

Json workerJson(const link::BoardWorker& worker) {
  Json json{{"slot", worker.slot}, {"pid", worker.pid}, {"task", nullptr}};
  if (!worker.busy) return json;
  json["task"] = {{"id", worker.taskId}, {"name", worker.taskName}, {"seconds", worker.seconds}};
  if (worker.progress > 0 || !worker.progressText.empty()) {
    json["task"]["progress"] = worker.progress;
    json["task"]["text"] = worker.progressText;
  }
  return json;
}

Json brokerJson(const Broker::BrokerCounts& broker) {
  Json json{{"name", broker.name}, {"type", broker.type}, {"priority", broker.priority}};
  json.update(pausesJson(nullptr));
  const bool isNew = !broker.counts && broker.counts.error().code() == ErrorCode::NotFound;
  if (isNew) {
    json.update({{"due", 0}, {"scheduled", 0}, {"leased", 0}, {"buried", 0}});  // no database file yet, so no tasks
  } else if (broker.counts) {
    json.update({{"due", broker.counts->due},
                 {"scheduled", broker.counts->scheduled},
                 {"leased", broker.counts->leased},
                 {"buried", broker.counts->buried}});
  } else {
    json.update({{"due", nullptr},
                 {"scheduled", nullptr},
                 {"leased", nullptr},
                 {"buried", nullptr},
                 {"error", broker.counts.error().message()}});
  }
  return json;
}

// What is known of the brokers: their queues, and the sessions of instances at them.
struct BrokersShown {
  Json brokers = Json::array();
  std::vector<SessionList> sessions{};
};

// A broker that cannot be opened is shown with its error; the others are shown with their counts.
BrokersShown lookAtBrokers(const Config& config) {
  BrokersShown shown;
  auto broker = config::Stores(config).openBroker(BrokerUse::Inspect);
  if (!broker) {
    for (const auto& one : config.brokers)
      shown.brokers.push_back(brokerJson({one.name, one.type, one.priority, broker.error()}));
    return shown;
  }
  const auto counted = broker->tasksCount();
  for (std::size_t i = 0; i < counted.size(); ++i) {
    shown.brokers.push_back(brokerJson(counted[i]));
    if (!counted[i].counts) continue;  // asking a store that is down again would only take time
    const auto store = broker->access(i);
    if (!store) continue;
    shown.brokers[i]["approximate"] = (*store)->traits().counts == BrokerTraits::Counts::Approximate;
    shown.sessions.push_back(listSessions((*store)->keeper(), broker->name(i)));
    shown.brokers[i].update(pausesJson((*store)->fleet()));
  }
  return shown;
}

// `errorReports` of `status --json`; null: no error reporter is configured.
Json errorReportsJson(const std::optional<link::BoardErrorReports>& reports) {
  if (!reports) return {};
  return {{"pid", reports->pid},
          {"sent", reports->sent},
          {"failed", reports->failed},
          {"dropped", reports->dropped},
          {"repeated", reports->repeated},
          {"waiting", reports->waiting},
          {"failing", reports->failing.empty() ? Json() : Json(reports->failing)}};
}

// `spans` of `status --json`; null: no spans are sent.
Json spansJson(const std::optional<link::BoardSpans>& spans) {
  if (!spans) return {};
  return {{"sent", spans->sent}, {"dropped", spans->dropped}, {"waiting", spans->waiting}, {"failing", spans->failing}};
}

// `storeRequests` of `status --json`; null: no store is paid for by the request.
Json storeRequestsJson(const std::optional<link::BoardStoreRequests>& requests) {
  if (!requests) return {};
  return {{"sent", requests->sent}, {"repeated", requests->repeated}, {"throttled", requests->throttled}};
}

// For example "running as 123 for 4.0 s, 2 tasks done, 0 of them failed"; also names what the instance waits for.
std::string instanceText(const Json& instance) {
  const auto state = instance["state"].get<std::string>();
  const auto pid = instance["pid"].get<int>();
  const auto began = instance["since"].get<double>();
  auto text = fmt::format("{} as {}", state == "waiting" ? "running" : state, pid);
  if (began > 0) text += fmt::format(" for {}", base::durationText(unixSeconds(systemClock().now()) - began));
  if (!instance["waitsFor"].is_null()) {
    text +=
        fmt::format("{} waiting for {}", state == "waiting" ? ", but" : ",", instance["waitsFor"].get<std::string>());
  }
  text += fmt::format(", {} tasks done, {} of them failed", instance["done"].get<std::uint64_t>(),
                      instance["failed"].get<std::uint64_t>());
  if (state == "stopping") text += fmt::format("; to end running tasks at once: kill -QUIT {}", pid);
  return text;
}

// Flushes stdout, so that this line comes before the errors of the configuration on stderr.
void printInstance(const Result<std::optional<link::BoardInstance>>& found) {
  printLine("{}", !found   ? "not known whether an instance runs"
                  : *found ? instanceText(detailedInstanceJson(**found))
                           : "not running");
  std::fflush(stdout);
}

void printWhatIsApproximate(const Json& brokers) {
  std::string names;
  for (const auto& broker : brokers) {
    if (!broker.value("approximate", false)) continue;
    if (!names.empty()) names += ", ";
    names += broker["name"].get<std::string>();
  }
  if (!names.empty()) printLine("approximate, and some seconds old: {}", names);
}

void printBrokers(const Json& brokers) {
  printLine("");
  printLine("{:<16} {:<8} {:>8} {:>10} {:>10} {:>10} {:>10}", "broker", "type", "priority", "due", "scheduled",
            "leased", "buried");
  for (const auto& broker : brokers) {
    const auto counts = broker.contains("error")
                            ? broker["error"].get<std::string>()
                            : fmt::format("{:>10} {:>10} {:>10} {:>10}", broker["due"].get<std::uint64_t>(),
                                          broker["scheduled"].get<std::uint64_t>(),
                                          broker["leased"].get<std::uint64_t>(), broker["buried"].get<std::uint64_t>());
    printLine("{:<16} {:<8} {:>8} {}", broker["name"].get<std::string>(), broker["type"].get<std::string>(),
              broker["priority"].get<std::int64_t>(), counts);
  }
  printWhatIsApproximate(brokers);
  for (const auto& broker : brokers) {
    for (const auto& line : pauseLines(broker)) printLine("{}", line);
  }
}

// "sendMail 6f2a… for 12 s", with its progress behind it; "-" for an idle worker.
std::string taskText(const Json& task) {
  if (task.is_null()) return "-";
  auto text = fmt::format("{} {} for {}", task["name"].get<std::string>(), task["id"].get<std::string>(),
                          base::durationText(task["seconds"].get<double>()));
  if (task.contains("progress"))
    text += fmt::format(", {:.0f} % {}", task["progress"].get<double>() * 100, task["text"].get<std::string>());
  return text;
}

void printSessions(const std::vector<SessionList>& sessions) {
  for (const auto& list : sessions) {
    const auto lines = sessionLines(list);
    if (!lines.empty()) printLine("");
    for (const auto& line : lines) printLine("{}", line);
  }
}

void printWorkers(const Json& workers) {
  printLine("");
  printLine("{:<6} {:>8}  {}", "worker", "pid", "task");
  for (const auto& worker : workers)
    printLine("{:<6} {:>8}  {}", worker["slot"].get<int>(), worker["pid"].get<int>(), taskText(worker["task"]));
}

// For example "error reports: 12 sent, 3 waiting, 0 dropped, 1 lost by a reporter (failing now: mail)".
void printErrorReports(const Json& reports) {
  const auto count = [&](const char* key) { return reports[key].get<std::uint64_t>(); };
  printLine("");
  printLine(
      "error reports: {} sent, {} waiting, {} dropped, {} lost by a reporter{}; {} repeated errors counted in them",
      count("sent"), count("waiting"), count("dropped"), count("failed"),
      reports["failing"].is_null() ? "" : " (failing now: " + reports["failing"].get<std::string>() + ")",
      count("repeated"));
}

// For example "spans: 12 sent, 2 waiting, 0 dropped (failing now)".
void printSpans(const Json& spans) {
  const auto count = [&](const char* key) { return spans[key].get<std::uint64_t>(); };
  printLine("");
  printLine("spans: {} sent, {} waiting, {} dropped{}", count("sent"), count("waiting"), count("dropped"),
            spans["failing"].get<bool>() ? " (failing now)" : "");
}

void printStoreRequests(const Json& requests) {
  const auto count = [&](const char* key) { return requests[key].get<std::uint64_t>(); };
  printLine("");
  printLine("requests to stores that are paid for by the request: {}, {} of them repeated, {} throttled", count("sent"),
            count("repeated"), count("throttled"));
}

void printTables(const Json& status, const std::vector<SessionList>& sessions) {
  if (!status["brokers"].empty()) printBrokers(status["brokers"]);
  printSessions(sessions);
  if (!status["workers"].empty()) printWorkers(status["workers"]);
  if (!status["errorReports"].is_null()) printErrorReports(status["errorReports"]);
  if (!status["spans"].is_null()) printSpans(status["spans"]);
  if (!status["storeRequests"].is_null()) printStoreRequests(status["storeRequests"]);
}

}  // namespace

// Shows whether an instance runs even if the configuration cannot be read; the brokers are missing then.
int runCommand(const StatusCommand& command, const Program& program) {
  if (command.all) return printStatusOfAll(command);
  if (command.ready) return printReadiness(command);
  const auto files = filesOfRunningInstance(command.config, command.pid);
  if (!files) return fail(files.error());
  const auto found = instance::findInstance(*files);
  const auto instance = found ? *found : std::nullopt;
  if (!command.json) printInstance(found);
  if (!found) fail(found.error());
  const auto config = readConfig(command.config, program);
  const auto shown = config ? lookAtBrokers(*config) : BrokersShown();
  Json status{{"instance", instance ? detailedInstanceJson(*instance) : Json()},
              {"brokers", shown.brokers},
              {"sessions", sessionsJson(shown.sessions)},
              {"sessionsNotShown", sessionsNotShown(shown.sessions)},
              {"workers", Json::array()},
              {"errorReports", instance ? errorReportsJson(instance->errorReports) : Json()},
              {"spans", instance ? spansJson(instance->spans) : Json()},
              {"storeRequests", instance ? storeRequestsJson(instance->storeRequests) : Json()}};
  if (!found) status["error"] = found.error().message();
  if (instance) {
    for (const auto& worker : instance->workers) status["workers"].push_back(workerJson(worker));
  }
  if (command.json) {
    std::cout << jsonForOutput(status) << '\n';
  } else {
    printTables(status, shown.sessions);
  }
  if (!found) return base::kExitPartlyDone;
  return config || instance ? base::kExitDone : base::kExitConfigError;
}

}  // namespace leptir::cli
