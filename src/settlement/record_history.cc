#include "settlement/record_history.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/saturated.h"
#include "base/utf8.h"
#include "meta/record_keys.h"
#include "task/log_text.h"

namespace leptir::settlement {
namespace {

constexpr std::size_t kMaxPastAttempts = 10;
// Records that are loaded at once for their history: each may be large.
constexpr std::size_t kMaxRecordsPerLoad = 64;
constexpr std::size_t kMaxBriefResponseBytes = 4096;
// The space in a record for the logs of all earlier attempts together.
constexpr std::size_t kMaxPastLogBytes = std::size_t{64} << 10;

// An integer in a record that another program may have written: the nearest int, or 0 if there is none.
int wholeNumber(const Json& record, const char* key) {
  const auto found = record.find(key);
  if (found == record.end() || !found->is_number_integer()) return 0;
  return found->is_number_unsigned() ? base::saturatedCast<int>(found->get<std::uint64_t>())
                                     : base::saturatedCast<int>(found->get<std::int64_t>());
}

// A text in a record that another program may have written, or "".
std::string textIn(const Json& record, const char* key) {
  const auto found = record.find(key);
  return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The summary of an earlier attempt, from its record.
PastAttempt pastAttempt(const Json& record) {
  PastAttempt past;
  past.attempt = wholeNumber(record, "attempt");
  past.cause = record.value("cause", "");
  past.returnCode = wholeNumber(record, "retC");
  past.executionTime = record.value("exTime", 0.0);
  past.started = record.value("exEnd", 0.0) - past.executionTime;
  past.log = textIn(record, meta::key::kLog);
  return past;
}

// The newest attempt keeps its whole log, older ones get the space that is left.
void shortenLogs(std::vector<PastAttempt>& history) {
  auto bytesLeft = kMaxPastLogBytes;
  for (auto past = history.rbegin(); past != history.rend(); ++past) {
    past->log = task::newestLogLines(past->log, bytesLeft);
    bytesLeft -= std::min(bytesLeft, past->log.size());
  }
}

// The attempts before `attempt`, from the record that is about to be replaced. A record of another program may have any
// content: then the history is empty.
std::vector<PastAttempt> historyBefore(int attempt, const Json& record) try {
  std::vector<PastAttempt> history;
  for (const auto& entry : record.value("history", Json::array())) {
    history.push_back({wholeNumber(entry, "attempt"), entry.value("cause", ""), wholeNumber(entry, "retC"),
                       entry.value("exStart", 0.0), entry.value("exTime", 0.0), textIn(entry, meta::key::kLog)});
  }
  if (record.contains("cause") && wholeNumber(record, "attempt") < attempt) history.push_back(pastAttempt(record));
  if (history.size() > kMaxPastAttempts) history.erase(history.begin(), history.end() - kMaxPastAttempts);
  shortenLogs(history);
  return history;
} catch (const nlohmann::json::exception&) {
  return {};
}

// An error only if the storage is unavailable: the save is repeated later. Any other error only costs the history.
Result<void> addHistories(SimpleMetaStorage& storage, std::span<MetaInfo* const> records) {
  while (!records.empty()) {
    const auto piece = records.first(std::min(records.size(), kMaxRecordsPerLoad));
    records = records.subspan(piece.size());
    std::vector<std::string> ids;
    for (const auto* record : piece) ids.push_back(record->id);
    const auto before = storage.loadMetaInfos(ids);
    if (!before && before.error().code() == ErrorCode::Unavailable) return before.error();
    if (!before) return {};
    for (std::size_t i = 0; i < piece.size(); ++i) {
      if ((*before)[i]) piece[i]->history = historyBefore(piece[i]->attempt, *(*before)[i]);
    }
  }
  return {};
}

// A copy of the record without the output of the task, except the start of its response.
MetaInfo shortenedRecord(const MetaInfo& record) {
  MetaInfo brief = record;
  brief.response.resize(base::utf8Prefix(brief.response, kMaxBriefResponseBytes).size());
  brief.response += " (the rest of this record was too large for the storage)";
  brief.stderrTail.clear();
  brief.log = task::newestLogLines(brief.log, 0);  // how many lines it had
  for (auto& past : brief.history) past.log = task::newestLogLines(past.log, 0);
  brief.flow.clear();
  brief.result.clear();
  brief.envelope.clear();
  brief.additional.clear();
  return brief;
}

Result<void> saveOne(SimpleMetaStorage& storage, const MetaInfo& record) {
  auto saved = storage.saveMetaInfo({&record, 1});
  if (saved || saved.error().code() != ErrorCode::TooLarge) return saved;
  const auto brief = shortenedRecord(record);
  return storage.saveMetaInfo({&brief, 1});
}

Result<void> saveOneByOne(SimpleMetaStorage& storage, std::span<const MetaInfo> records) {
  for (const auto& record : records) {
    if (auto saved = saveOne(storage, record); !saved) return saved;
  }
  return {};
}

}  // namespace

Result<void> saveWithHistory(SimpleMetaStorage& storage, std::span<MetaInfo> records) {
  std::vector<MetaInfo*> ranBefore;
  for (auto& record : records) {
    if (record.attempt > 1 && record.history.empty()) ranBefore.push_back(&record);
  }
  if (auto added = addHistories(storage, ranBefore); !added) return added;
  auto saved = storage.saveMetaInfo(records);
  const bool tooLarge = !saved && saved.error().code() == ErrorCode::TooLarge;
  return tooLarge ? saveOneByOne(storage, records) : saved;
}

Result<void> saveEverywhere(MetaStorage& storages, const MetaInfo& record) {
  Result<void> result;
  const auto saveIn = [&](std::size_t index) -> Result<void> {
    const auto storage = storages.access(index);
    if (!storage) return storage.error();
    auto own = record;
    auto saved = saveWithHistory(**storage, {&own, 1});
    return saved ? saved : saved.error().in("meta storage " + storages.name(index));
  };
  for (std::size_t i = 0; i < storages.size(); ++i) {
    if (auto saved = saveIn(i); !saved && result) result = saved;
  }
  return result;
}

}  // namespace leptir::settlement
