#include "backends/mongodb/task_update.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/escape.h"
#include "base/utf8.h"

namespace leptir::mongodb {
namespace {

struct CounterField {
  const char* name;
  std::uint32_t Counters::* member;
};

constexpr std::array<CounterField, 4> kCounterFields{{{"leptir.failures", &Counters::failures},
                                                      {"leptir.crashes", &Counters::crashes},
                                                      {"leptir.expiries", &Counters::expiries},
                                                      {"leptir.unknown", &Counters::unknown}}};

}  // namespace

TaskUpdate& TaskUpdate::set(std::string_view field, std::string_view text) {
  return compute(field, op("$literal", text));
}

TaskUpdate& TaskUpdate::set(std::string_view field, std::int64_t number) {
  set_.add(field, number);
  return *this;
}

TaskUpdate& TaskUpdate::set(std::string_view field, Time date) {
  set_.add(field, storableTime(date));
  return *this;
}

TaskUpdate& TaskUpdate::compute(std::string_view field, const Document& expression) {
  set_.add(field, expression);
  return *this;
}

TaskUpdate& TaskUpdate::unset(std::string_view field) {
  unset_.emplace_back(field);
  return *this;
}

TaskUpdate& TaskUpdate::set(const Counters& counters) {
  for (const auto& [name, member] : kCounterFields) {
    if (const auto count = counters.*member; count > 0) {
      set(name, static_cast<std::int64_t>(count));
    } else {
      unset(name);
    }
  }
  return *this;
}

TaskUpdate TaskUpdate::endLease(const char* state) {
  TaskUpdate update;
  update.set(field::kState, state).unset(field::kSession);
  return update;
}

std::vector<Document> TaskUpdate::pipeline() const {
  std::vector<Document> stages;
  if (!set_.isEmpty()) stages.push_back(op("$set", set_));
  if (!unset_.empty()) stages.push_back(op("$unset", std::span<const std::string>(unset_)));
  return stages;
}

Document updateStatement(const Document& filter, const TaskUpdate& update) {
  const auto stages = update.pipeline();
  return Document().add("q", filter).add("u", std::span<const Document>(stages));
}

Document heldFilter(const LeaseId& lease, std::string_view session) {
  Document filter;
  addIdTo(filter, "_id", lease.handle);
  return filter.add(field::kState, state::kLeased)
      .add(field::kSession, session)
      .add(field::kLease, static_cast<std::int64_t>(lease.number));
}

bool isHandle(std::string_view handle) {
  Document id;
  addIdTo(id, "_id", handle);
  return !id.isEmpty();
}

Document merged(const Document& one, const Document& other) {
  auto both = one;
  bson_concat(both.mutableBson(), other.get());
  return both;
}

Document ids(std::string_view operation, std::span<const std::string> handles) {
  Document members;
  std::size_t position = 0;
  for (const auto& handle : handles) addIdTo(members, std::to_string(position++), handle);
  Document whole;
  bson_append_array(whole.mutableBson(), operation.data(), static_cast<int>(operation.size()), members.get());
  return whole;
}

std::string utf8OrEscaped(std::string_view text) {
  return base::isUtf8(text) ? std::string(text) : base::escaped(text);
}

Time storableTime(Time time) {
  return std::clamp(time, Time(-kMaxTimeSpan), Time(kMaxTimeSpan));
}

}  // namespace leptir::mongodb
