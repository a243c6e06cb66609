#include "fleet/instance_card.h"

#include <algorithm>
#include <limits>
#include <span>

#include "base/limits.h"
#include "base/task_names.h"
#include "fleet/fields.h"

namespace leptir::fleet {
namespace {

constexpr std::string_view kCardKeyPrefix = "instances/";
constexpr int kMaxNumber = std::numeric_limits<int>::max();

Json jsonOf(const RunningTask& task) {
  return {{"id", task.id},
          {"name", task.name},
          {"began", unixSeconds(task.began)},
          {"progress", task.progress > 0 ? std::min(task.progress, 1.0) : 0.0},  // NaN: 0
          {"text", shortened(task.progressText)},
          {"attempt", task.attempt},
          {"pid", task.pid}};
}

Json jsonOf(const RecentTasks& recent) {
  return {{"done", recent.done},
          {"failed", recent.failed},
          {"microseconds", std::max<std::int64_t>(0, recent.within / Duration(1))}};
}

Json jsonOf(const std::vector<RunningTask>& tasks, std::size_t most) {
  Json json = Json::array();
  for (const auto& task : std::span(tasks).first(std::min(tasks.size(), most))) json.push_back(jsonOf(task));
  return json;
}

// Flat, since earlier versions read no card that is nested more deeply.
void addOthers(Json& json, const std::vector<OtherBroker>& others) {
  json["others"] = Json::array();
  json["otherTasks"] = Json::array();
  for (const auto& other : std::span(others).first(std::min(others.size(), kMaxOtherBrokersPerCard))) {
    json["others"].push_back({{"broker", shortened(other.broker)}, {"runningTasks", other.runningTasks}});
    for (auto& task : jsonOf(other.running, kMaxTasksPerOtherBroker)) {
      task["broker"] = shortened(other.broker);
      json["otherTasks"].push_back(std::move(task));
    }
  }
}

Json jsonOf(const Reloads& reloads) {
  return {{"requested", reloads.requested}, {"answered", reloads.answered}, {"refused", reloads.refused}};
}

Json jsonOf(const InstanceCard& card) {
  Json json{{"instance", card.instance},
            {"host", shortened(card.host)},
            {"version", shortened(card.version)},
            {"broker", shortened(card.broker)},
            {"configuration", shortened(card.configuration, kMaxLongTextBytes)},
            {"pid", card.pid},
            {"space", shortened(card.pidNamespace)},
            {"workers", card.workers},
            {"state", shortened(card.state)},
            {"since", unixSeconds(card.since)},
            {"written", unixSeconds(card.written)},
            {"renewed", unixSeconds(card.renewed)},
            {"done", card.done},
            {"failed", card.failed},
            {"recent", jsonOf(card.recent)},
            {"runningTasks", card.runningTasks},
            {"running", jsonOf(card.running, kMaxTasksPerCard)},
            {"names", card.names},
            {"paused", card.paused},
            {"answers", card.answers},
            {"drained", card.drained}};
  if (card.reloads) json["reloads"] = jsonOf(*card.reloads);
  addOthers(json, card.others);
  return json;
}

// Leaves out the last eighth of a list, at least one element.
void dropLastEighth(Json& list) {
  const auto leave = (list.size() + 7) / 8;
  list.erase(list.end() - static_cast<std::ptrdiff_t>(leave), list.end());
}

std::optional<RunningTask> runningTaskOf(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  auto id = textAt(json, "id");
  auto name = textAt(json, "name");
  auto text = textAt(json, "text");
  const auto began = timeAt(json, "began");
  const auto progress = json.find("progress");
  const auto attempt = numberAt(json, "attempt", 1, kMaxNumber);
  if (!id || !name || !text || !began || !attempt || progress == json.end() || !progress->is_number())
    return std::nullopt;
  return RunningTask{*std::move(id),
                     *std::move(name),
                     *began,
                     std::clamp(progress->get<double>(), 0.0, 1.0),
                     *std::move(text),
                     static_cast<std::uint32_t>(*attempt),
                     numberAt(json, "pid", 0, kMaxNumber).value_or(0)};  // missing in cards of older versions
}

// Earlier versions did not count: zero.
RecentTasks recentTasksOf(const Json& card) {
  const auto found = card.find("recent");
  if (found == card.end() || !found->is_object()) return {};
  const auto done = countAt(*found, "done"), failed = countAt(*found, "failed"),
             within = countAt(*found, "microseconds");
  constexpr std::uint64_t kMaxMicroseconds = 3'600'000'000;
  if (!done || !failed || !within || *within > kMaxMicroseconds) return {};
  return {*done, *failed, Duration(static_cast<std::int64_t>(*within))};
}

std::optional<Reloads> reloadsOf(const Json& card) {
  const auto found = card.find("reloads");
  if (found == card.end() || !found->is_object()) return std::nullopt;
  const auto requested = countAt(*found, "requested"), answered = countAt(*found, "answered");
  const auto refused = flagAt(*found, "refused");
  if (!requested || !answered || !refused) return std::nullopt;
  return Reloads{*requested, *answered, *refused};
}

// The list `key` of an object; elements that `read` returns none for are left out. None: no such list.
template <class Read>
auto listAt(const Json& object, const char* key, std::size_t most, Read read) {
  std::vector<typename decltype(read(object))::value_type> list;
  const auto found = object.find(key);
  const bool isList = found != object.end() && found->is_array();
  for (std::size_t i = 0; isList && i < found->size() && list.size() < most; ++i) {
    if (auto element = read((*found)[i])) list.push_back(*std::move(element));
  }
  return isList ? std::optional(std::move(list)) : std::nullopt;
}

std::optional<OtherBroker> otherBrokerOf(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  auto broker = textAt(json, "broker");
  const auto runningTasks = countAt(json, "runningTasks");
  if (!broker || !runningTasks) return std::nullopt;
  return OtherBroker{.broker = *std::move(broker), .runningTasks = static_cast<std::size_t>(*runningTasks)};
}

// Missing in cards of earlier versions: none.
std::vector<OtherBroker> othersIn(const Json& card) {
  auto others = listAt(card, "others", kMaxOtherBrokersPerCard, otherBrokerOf).value_or(std::vector<OtherBroker>());
  const auto tasks = card.find("otherTasks");
  if (tasks == card.end() || !tasks->is_array()) return others;
  for (const auto& json : *tasks) {
    auto task = runningTaskOf(json);
    const auto broker = task ? textAt(json, "broker") : std::nullopt;
    const auto other = broker ? std::ranges::find(others, *broker, &OtherBroker::broker) : others.end();
    if (other != others.end() && other->running.size() < kMaxTasksPerOtherBroker)
      other->running.push_back(*std::move(task));
  }
  return others;
}

std::optional<std::string> taskNameOf(const Json& json) {
  if (!json.is_string() || !base::checkTaskName(json.get_ref<const std::string&>())) return std::nullopt;
  return json.get<std::string>();
}

}  // namespace

std::string keyOf(const InstanceCard& card) {
  return std::string(kCardKeyPrefix) + card.instance;
}

std::string textOf(const InstanceCard& card) {
  auto json = jsonOf(card);
  auto text = writeJson(json);
  while (text.size() > kMaxFleetValueBytes) {
    if (json["otherTasks"].empty()) {
      dropLastEighth(json["running"]);
      dropLastEighth(json["names"]);
    }
    dropLastEighth(json["otherTasks"]);
    text = writeJson(json);
  }
  return text;
}

std::optional<InstanceCard> instanceCardOf(const FleetEntry& entry) {
  const auto object = objectIn(entry.value);
  if (!object) return std::nullopt;
  auto instance = textAt(*object, "instance");
  auto host = textAt(*object, "host"), version = textAt(*object, "version"), broker = textAt(*object, "broker");
  auto configuration = textAt(*object, "configuration", kMaxLongTextBytes);
  const auto pid = numberAt(*object, "pid", 0, kMaxNumber);
  const auto workers = numberAt(*object, "workers", 0, base::kMaxWorkers);
  auto state = textAt(*object, "state");
  const auto since = timeAt(*object, "since"), written = timeAt(*object, "written"),
             renewed = timeAt(*object, "renewed");
  const auto done = countAt(*object, "done"), failed = countAt(*object, "failed");
  const auto runningTasks = countAt(*object, "runningTasks");
  auto running = listAt(*object, "running", kMaxTasksPerCard, runningTaskOf);
  auto names = listAt(*object, "names", kMaxFleetValueBytes, taskNameOf);
  const auto paused = flagAt(*object, "paused");

  if (!instance || !isInstanceName(*instance) || entry.key != std::string(kCardKeyPrefix) + *instance)
    return std::nullopt;
  if (!host || !version || !broker || !configuration || !state) return std::nullopt;
  if (!pid || !workers || !since || !written || !renewed || !done || !failed || !runningTasks) return std::nullopt;
  if (!running || !names || !paused) return std::nullopt;
  return InstanceCard{.instance = *std::move(instance),
                      .host = *std::move(host),
                      .version = *std::move(version),
                      .broker = *std::move(broker),
                      .configuration = *std::move(configuration),
                      .pid = *pid,
                      .pidNamespace = textAt(*object, "space").value_or(""),  // missing in cards of older versions
                      .workers = *workers,
                      .state = *std::move(state),
                      .since = *since,
                      .written = *written,
                      .renewed = *renewed,
                      .done = *done,
                      .failed = *failed,
                      .recent = recentTasksOf(*object),
                      .runningTasks = *runningTasks,
                      .running = *std::move(running),
                      .others = othersIn(*object),
                      .names = *std::move(names),
                      .paused = *paused,
                      .answers = flagAt(*object, "answers").value_or(false),
                      .drained = flagAt(*object, "drained").value_or(false),
                      .reloads = reloadsOf(*object)};
}

}  // namespace leptir::fleet
