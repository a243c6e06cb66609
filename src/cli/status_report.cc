#include "cli/status_report.h"

#include <fmt/format.h>

#include <utility>

#include "base/duration_text.h"
#include "base/escape.h"
#include "cli/broker_pauses.h"
#include "cli/instance_json.h"
#include "cli/session_list.h"
#include "config/assemble.h"

namespace leptir::cli {
namespace {

// A line of output. Its parts may contain text from stores or other programs, so control characters are escaped.
template <class... Parts>
std::string line(fmt::format_string<Parts...> form, Parts&&... parts) {
  return base::escaped(fmt::format(form, std::forward<Parts>(parts)...)) + "\n";
}

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
BrokersShown queryBrokers(const Config& config, Result<Broker>& broker) {
  BrokersShown shown;
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
    updateWorkerCountsFromCards((*store)->fleet(), shown.sessions.back());
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

// `storeRequests` of `status --json`; null: no store charges for each request.
Json storeRequestsJson(const std::optional<link::BoardStoreRequests>& requests) {
  if (!requests) return {};
  return {{"sent", requests->sent}, {"repeated", requests->repeated}, {"throttled", requests->throttled}};
}

// `metricsServer` of `status --json`; null: the configuration has none.
Json metricsServerJson(const std::optional<link::BoardMetricsServer>& server) {
  if (!server) return {};
  return {{"pid", server->pid},
          {"address", server->address},
          {"listening", server->listening},
          {"problem", server->problem.empty() ? Json() : Json(server->problem)}};
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

std::string whatIsApproximate(const Json& brokers) {
  std::string names;
  for (const auto& broker : brokers) {
    if (!broker.value("approximate", false)) continue;
    if (!names.empty()) names += ", ";
    names += broker["name"].get<std::string>();
  }
  return names.empty() ? "" : line("approximate, and some seconds old: {}", names);
}

std::string brokersText(const Json& brokers) {
  auto text = line("");
  text += line("{:<16} {:<8} {:>8} {:>10} {:>10} {:>10} {:>10}", "broker", "type", "priority", "due", "scheduled",
               "leased", "buried");
  for (const auto& broker : brokers) {
    const auto counts = broker.contains("error")
                            ? broker["error"].get<std::string>()
                            : fmt::format("{:>10} {:>10} {:>10} {:>10}", broker["due"].get<std::uint64_t>(),
                                          broker["scheduled"].get<std::uint64_t>(),
                                          broker["leased"].get<std::uint64_t>(), broker["buried"].get<std::uint64_t>());
    text += line("{:<16} {:<8} {:>8} {}", broker["name"].get<std::string>(), broker["type"].get<std::string>(),
                 broker["priority"].get<std::int64_t>(), counts);
  }
  text += whatIsApproximate(brokers);
  for (const auto& broker : brokers) {
    for (const auto& pause : pauseLines(broker)) text += line("{}", pause);
  }
  return text;
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

std::string sessionsText(const std::vector<SessionList>& sessions) {
  std::string text;
  for (const auto& list : sessions) {
    const auto lines = sessionLines(list);
    if (!lines.empty()) text += line("");
    for (const auto& one : lines) text += line("{}", one);
  }
  return text;
}

std::string workersText(const Json& workers) {
  auto text = line("") + line("{:<6} {:>8}  {}", "worker", "pid", "task");
  for (const auto& worker : workers)
    text += line("{:<6} {:>8}  {}", worker["slot"].get<int>(), worker["pid"].get<int>(), taskText(worker["task"]));
  return text;
}

// For example "error reports: 12 sent, 3 waiting, 0 dropped, 1 lost by a reporter (failing now: mail)".
std::string errorReportsText(const Json& reports) {
  const auto count = [&](const char* key) { return reports[key].get<std::uint64_t>(); };
  return line("") +
         line(
             "error reports: {} sent, {} waiting, {} dropped, {} lost by a reporter{}; {} repeated errors counted in "
             "them",
             count("sent"), count("waiting"), count("dropped"), count("failed"),
             reports["failing"].is_null() ? "" : " (failing now: " + reports["failing"].get<std::string>() + ")",
             count("repeated"));
}

// For example "spans: 12 sent, 2 waiting, 0 dropped (failing now)".
std::string spansText(const Json& spans) {
  const auto count = [&](const char* key) { return spans[key].get<std::uint64_t>(); };
  return line("") + line("spans: {} sent, {} waiting, {} dropped{}", count("sent"), count("waiting"), count("dropped"),
                         spans["failing"].get<bool>() ? " (failing now)" : "");
}

std::string storeRequestsText(const Json& requests) {
  const auto count = [&](const char* key) { return requests[key].get<std::uint64_t>(); };
  return line("") + line("requests to stores that charge for each request: {}, {} of them repeated, {} throttled",
                         count("sent"), count("repeated"), count("throttled"));
}

// For example "metrics: served at 127.0.0.1:9464 by process 123".
std::string metricsServerText(const Json& server) {
  const auto address = server["address"].get<std::string>();
  if (server["listening"].get<bool>())
    return line("") + line("metrics: served at {} by process {}", address, server["pid"].get<int>());
  if (server["problem"].is_null()) return line("") + line("metrics: the server for {} is being started", address);
  return line("") + line("metrics: {}", server["problem"].get<std::string>());
}

std::string tablesText(const Json& status, const std::vector<SessionList>& sessions) {
  std::string text;
  if (!status["brokers"].empty()) text += brokersText(status["brokers"]);
  text += sessionsText(sessions);
  if (!status["workers"].empty()) text += workersText(status["workers"]);
  if (!status["errorReports"].is_null()) text += errorReportsText(status["errorReports"]);
  if (!status["spans"].is_null()) text += spansText(status["spans"]);
  if (!status["storeRequests"].is_null()) text += storeRequestsText(status["storeRequests"]);
  if (!status["metricsServer"].is_null()) text += metricsServerText(status["metricsServer"]);
  return text;
}

}  // namespace

BrokersOfStatus::BrokersOfStatus(const Config& config)
    : config_(config), broker_(config::Stores(config, wait_.onOpening()).openBroker(BrokerUse::Inspect)) {}

std::string instanceLine(const FoundInstance& found) {
  if (!found) return "not known whether an instance runs\n";
  return *found ? line("{}", instanceText(detailedInstanceJson(**found))) : "not running\n";
}

StatusReport reportStatus(const FoundInstance& found, BrokersOfStatus* brokers) {
  const auto shown = brokers == nullptr ? BrokersShown() : queryBrokers(brokers->config_, brokers->broker_);
  const auto instance = found ? *found : std::nullopt;
  Json status{{"instance", instance ? detailedInstanceJson(*instance) : Json()},
              {"brokers", shown.brokers},
              {"sessions", sessionsJson(shown.sessions)},
              {"sessionsNotShown", sessionsNotShown(shown.sessions)},
              {"workers", Json::array()},
              {"errorReports", instance ? errorReportsJson(instance->errorReports) : Json()},
              {"spans", instance ? spansJson(instance->spans) : Json()},
              {"storeRequests", instance ? storeRequestsJson(instance->storeRequests) : Json()},
              {"metricsServer", instance ? metricsServerJson(instance->metricsServer) : Json()}};
  if (!found) status["error"] = found.error().message();
  if (instance) {
    for (const auto& worker : instance->workers) status["workers"].push_back(workerJson(worker));
  }
  auto tables = tablesText(status, shown.sessions);
  return {.json = std::move(status), .tables = std::move(tables)};
}

}  // namespace leptir::cli
