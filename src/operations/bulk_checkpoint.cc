#include "operations/bulk_checkpoint.h"

#include <fmt/format.h>

#include "base/time_text.h"
#include "leptir/json.h"
#include "operations/digest.h"

namespace leptir::operations {
namespace {

// Times relative to now (`--since=1h`) differ in each call. Tasks that are pushed again if the checkpoint is not
// found run twice, so Again keeps the times of its selection in the checkpoint.
std::string keyOf(const TaskAction& action, TaskSelection selection) {
  const auto due = action.kind == TaskAction::Kind::Reschedule ? base::timeText(action.due) : std::string();
  if (action.kind == TaskAction::Kind::Again) selection.since = selection.until = std::nullopt;
  const auto text = fmt::format("{}\n{}\n{}\n{}", nameOf(action.kind), due, action.parameterChanges, textOf(selection));
  return fmt::format("bulk/{}-{:016x}", nameOf(action.kind), digestOf(text));
}

bool meansNoCheckpoint(const Error& error) {
  return error.code() == ErrorCode::Unsupported || isMissing(error);
}

// Of a time in a checkpoint; null: none.
Json checkpointTimeJson(const std::optional<Time>& time) {
  return time ? Json(time->time_since_epoch().count()) : Json();
}

std::optional<Time> checkpointTime(const Json& json, const char* key) {
  const auto time = json.value(key, Json());
  return time.is_number_integer() ? std::optional(Time(Duration(time.get<std::int64_t>()))) : std::nullopt;
}

// A checkpoint that another version of leptir wrote counts as none.
std::optional<BulkCheckpoint> checkpointOf(const std::string& text) {
  const auto json = parseJson(text);
  if (!json || !json->is_object()) return std::nullopt;
  const auto state = json->value("state", Json()), cursor = json->value("cursor", Json());
  const auto changed = json->value("changed", Json()), begun = json->value("begun", Json());
  if (!state.is_string() || !cursor.is_string() || !changed.is_number_unsigned() || !begun.is_number())
    return std::nullopt;
  const auto known = leptir::listedStateOf(state.get<std::string>());
  if (!known) return std::nullopt;
  return BulkCheckpoint{.state = *known,
                        .cursor = cursor.get<std::string>(),
                        .changed = changed.get<std::uint64_t>(),
                        .begun = timeFromUnixSeconds(begun.get<double>()),
                        .since = checkpointTime(*json, "since"),
                        .until = checkpointTime(*json, "until")};
}

std::string textOf(const BulkCheckpoint& checkpoint) {
  return writeJson({{"state", nameOf(checkpoint.state)},
                    {"cursor", checkpoint.cursor},
                    {"changed", checkpoint.changed},
                    {"begun", unixSeconds(checkpoint.begun)},
                    {"since", checkpointTimeJson(checkpoint.since)},
                    {"until", checkpointTimeJson(checkpoint.until)}});
}

}  // namespace

BulkCheckpointStore::BulkCheckpointStore(Stores& stores, std::size_t broker, const TaskAction& action,
                                         const TaskSelection& selection)
    : stores_(stores), broker_(broker), key_(keyOf(action, selection)) {}

Result<std::optional<BulkCheckpoint>> BulkCheckpointStore::load() {
  const auto text = askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.get(key_); });
  if (text) return checkpointOf(*text);
  if (meansNoCheckpoint(text.error())) return std::optional<BulkCheckpoint>();
  return text.error();
}

Result<void> BulkCheckpointStore::save(const BulkCheckpoint& checkpoint) {
  auto saved = askFleet(stores_, broker_,
                        [&](FleetStore& fleet) { return fleet.put(key_, textOf(checkpoint), kCheckpointLifetime); });
  return !saved && meansNoCheckpoint(saved.error()) ? Result<void>() : saved;
}

Result<void> BulkCheckpointStore::forget() {
  const auto erased = askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.erase(key_); });
  if (!erased && !meansNoCheckpoint(erased.error())) return erased.error();
  return {};
}

}  // namespace leptir::operations
