// Operations::names: the names that instances know, and how the tasks of each name went.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/saturated.h"
#include "leptir/operations.h"
#include "leptir/task_record.h"
#include "meta/record_keys.h"
#include "operations/fleet_entries.h"
#include "operations/selection.h"
#include "operations/stores.h"

namespace leptir {
namespace {

namespace key = meta::key;

constexpr std::size_t kRecordsPerCall = 1'000;

struct NameData {
  NameStatistics statistics;
  std::set<std::string> instances;
  std::vector<double> runTimes;  // seconds
};

Duration percentile(std::vector<double>& sorted, double part) {
  if (sorted.empty()) return {};
  const auto index = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1) + 0.5);
  return base::durationFromSeconds(sorted[index]);
}

class NameReader {
 public:
  explicit NameReader(operations::Stores& stores) : stores_(stores) {}

  Result<NamesView> read(Operations& operations, std::uint64_t mostRecords) && {
    for (std::size_t i = 0; i < stores_.queues.size(); ++i) readBroker(i);
    if (stores_.records.size() > 0) readRecords(operations, mostRecords);
    if (!answered_ && !view_.unable.empty()) return view_.unable.front();
    for (auto& [name, data] : names_) finish(name, data);
    return std::move(view_);
  }

 private:
  void readBroker(std::size_t broker) {
    const auto cards = operations::cardsAt(stores_, broker);
    const auto pauses = operations::pausesAt(stores_, broker);
    if (!cards) return view_.unable.push_back(cards.error());
    if (!pauses) return view_.unable.push_back(pauses.error());
    answered_ = true;
    for (const auto& card : *cards) {
      for (const auto& name : card.names) names_[name].instances.insert(card.instance);
    }
    for (const auto& pause : *pauses) {
      if (!pause.name.empty()) names_[pause.name].statistics.isPaused = true;
    }
  }

  void readRecords(Operations& operations, std::uint64_t most) {
    std::string cursor;
    do {
      const auto limit = std::min<std::uint64_t>(kRecordsPerCall, most - view_.records);
      auto page = operations.records({.status = TaskStatus::Completed}, cursor, static_cast<std::size_t>(limit));
      if (!page) {
        if (!operations::isMissing(page.error())) view_.unable.push_back(page.error());
        answered_ = answered_ || operations::isMissing(page.error());
        return;
      }
      answered_ = true;
      view_.readsSuccesses = page->listsSuccesses;
      for (auto& record : page->records) add(std::move(record));
      view_.records += page->records.size();
      cursor = std::move(page->cursor);
    } while (!cursor.empty() && view_.records < most);
    view_.readsAll = cursor.empty() && view_.records < most;
  }

  void add(Json record) {
    const auto end = operations::endStateOf(record);
    const auto time = record.is_object() ? record.value(key::kExecutionTime, Json()) : Json();
    const auto task = operations::listedTaskOf(std::move(record));
    auto& data = names_[task.name];
    auto& statistics = data.statistics;
    ++statistics.runs;
    if (end == ListedState::Failed) ++statistics.failed;
    if (end == ListedState::Cancelled) ++statistics.cancelled;
    if (time.is_number()) data.runTimes.push_back(time.get<double>());
    if (!statistics.lastEnded || *statistics.lastEnded < task.time) statistics.lastEnded = task.time;
    if (!view_.oldest || *view_.oldest > task.time) view_.oldest = task.time;
  }

  void finish(const std::string& name, NameData& data) {
    auto& statistics = data.statistics;
    statistics.name = name;
    statistics.instances = data.instances.size();
    std::ranges::sort(data.runTimes);
    statistics.median = percentile(data.runTimes, 0.5);
    statistics.p95 = percentile(data.runTimes, 0.95);
    statistics.worst = percentile(data.runTimes, 1);
    view_.names.push_back(std::move(statistics));
  }

  operations::Stores& stores_;
  std::map<std::string, NameData> names_;
  NamesView view_;
  bool answered_ = false;  // a store has
};

}  // namespace

Result<NamesView> Operations::names(std::uint64_t mostRecords) {
  return NameReader(*stores_).read(*this, std::max<std::uint64_t>(mostRecords, 1));
}

}  // namespace leptir
