#include "operations/bulk_place.h"

#include <fmt/format.h>

#include "base/time_text.h"
#include "leptir/json.h"
#include "operations/digest.h"

namespace leptir::operations {
namespace {

// Times relative to now (`--since=1h`) are others in each call. Tasks that are pushed again because the place is not
// found run twice, so Again keeps the times of its selection in the place.
std::string keyOf(const TaskAction& action, TaskSelection selection) {
  const auto due = action.kind == TaskAction::Kind::Reschedule ? base::timeText(action.due) : std::string();
  if (action.kind == TaskAction::Kind::Again) selection.since = selection.until = std::nullopt;
  const auto text = fmt::format("{}\n{}\n{}\n{}", nameOf(action.kind), due, action.changes, textOf(selection));
  return fmt::format("bulk/{}-{:016x}", nameOf(action.kind), digestOf(text));
}

bool keepsNothing(const Error& error) {
  return error.code() == ErrorCode::Unsupported || isMissing(error);
}

// Of a time in a place; null: none.
Json keptJsonOf(const std::optional<Time>& time) {
  return time ? Json(time->time_since_epoch().count()) : Json();
}

std::optional<Time> keptTime(const Json& json, const char* key) {
  const auto time = json.value(key, Json());
  return time.is_number_integer() ? std::optional(Time(Duration(time.get<std::int64_t>()))) : std::nullopt;
}

// A place that another version of leptir wrote counts as none.
std::optional<BulkPlace> placeOf(const std::string& text) {
  const auto json = parseJson(text);
  if (!json || !json->is_object()) return std::nullopt;
  const auto state = json->value("state", Json()), cursor = json->value("cursor", Json());
  const auto changed = json->value("changed", Json()), begun = json->value("begun", Json());
  if (!state.is_string() || !cursor.is_string() || !changed.is_number_unsigned() || !begun.is_number())
    return std::nullopt;
  const auto known = leptir::listedStateOf(state.get<std::string>());
  if (!known) return std::nullopt;
  return BulkPlace{.state = *known,
                   .cursor = cursor.get<std::string>(),
                   .changed = changed.get<std::uint64_t>(),
                   .begun = timeFromUnixSeconds(begun.get<double>()),
                   .since = keptTime(*json, "since"),
                   .until = keptTime(*json, "until")};
}

std::string textOf(const BulkPlace& place) {
  return writeJson({{"state", nameOf(place.state)},
                    {"cursor", place.cursor},
                    {"changed", place.changed},
                    {"begun", unixSeconds(place.begun)},
                    {"since", keptJsonOf(place.since)},
                    {"until", keptJsonOf(place.until)}});
}

}  // namespace

BulkPlaces::BulkPlaces(Stores& stores, std::size_t broker, const TaskAction& action, const TaskSelection& selection)
    : stores_(stores), broker_(broker), key_(keyOf(action, selection)) {}

Result<std::optional<BulkPlace>> BulkPlaces::load() {
  const auto text = askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.get(key_); });
  if (text) return placeOf(*text);
  if (keepsNothing(text.error())) return std::optional<BulkPlace>();
  return text.error();
}

Result<void> BulkPlaces::save(const BulkPlace& place) {
  auto saved =
      askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.put(key_, textOf(place), kBulkPlaceLifetime); });
  return !saved && keepsNothing(saved.error()) ? Result<void>() : saved;
}

Result<void> BulkPlaces::forget() {
  const auto erased = askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.erase(key_); });
  if (!erased && !keepsNothing(erased.error())) return erased.error();
  return {};
}

}  // namespace leptir::operations
