#include "backends/sqs/sqs_batches.h"

#include <array>
#include <chrono>
#include <numeric>
#include <thread>
#include <utility>

#include "backends/sqs/sqs_errors.h"
#include "backends/sqs/sqs_message.h"

namespace leptir::sqs {
namespace {

using Indices = std::vector<std::size_t>;
using Outcomes = std::vector<std::optional<EntryError>>;

// Before each further try.
constexpr std::array kPausesOfPusher = {Duration(std::chrono::milliseconds(50)),
                                        Duration(std::chrono::milliseconds(200))};
constexpr std::array kOneImmediateRetry = {Duration::zero()};
// So many requests are written and sent before their answers are read.
constexpr std::size_t kBatchesAtOnce = 32;

std::vector<Indices> batchesOf(const Indices& entries, std::span<const std::size_t> bytes, std::size_t mostBytes) {
  std::vector<Indices> batches;
  std::size_t sum = 0;
  for (const auto entry : entries) {
    const bool fits = !batches.empty() && batches.back().size() < kMaxEntries && sum + bytes[entry] <= mostBytes;
    if (!fits) {
      batches.emplace_back();
      sum = 0;
    }
    batches.back().push_back(entry);
    sum += bytes[entry];
  }
  return batches;
}

EntryError errorOfEntry(const FailedEntry& failed, const std::string& where) {
  const aws::JsonAnswer answer{
      .status = failed.isSendersFault ? 400 : 500, .errorCode = failed.code, .errorMessage = failed.message};
  if (failed.code.empty())
    return {{}, Error(ErrorCode::Unavailable, where + ": the answer lacks an entry of the batch")};
  return {failed.code, errorOf(answer, where), failed.isSendersFault};
}

// Returns the entries that should be tried again.
Indices noteResult(const Indices& batch, const Result<Json>& result, const std::string& where, Outcomes& outcomes) {
  Indices again;
  if (!result) {
    for (const auto entry : batch) outcomes[entry] = EntryError{{}, result.error()};
    return again;
  }
  for (const auto entry : batch) outcomes[entry].reset();
  for (const auto& failed : failedEntries(*result, batch.size())) {
    outcomes[batch[failed.index]] = errorOfEntry(failed, where);
    if (!failed.isSendersFault) again.push_back(batch[failed.index]);
  }
  return again;
}

Indices performOnce(SqsClient& client, const BatchOperation& operation, std::span<const std::size_t> bytes,
                    const Indices& entries, Outcomes& outcomes) {
  const auto batches = batchesOf(entries, bytes, operation.mostBytes);
  Indices again;
  for (std::size_t first = 0; first < batches.size(); first += kBatchesAtOnce) {
    const auto group = std::span(batches).subspan(first, std::min(kBatchesAtOnce, batches.size() - first));
    std::vector<SqsCall> calls;
    for (const auto& batch : group)
      calls.push_back({.operation = operation.name, .body = operation.bodyFor(batch), .repeat = operation.repeat});
    const auto results = client.performAll(std::move(calls));
    for (std::size_t i = 0; i < group.size(); ++i) {
      const auto failed = noteResult(group[i], results[i], client.settings().where(), outcomes);
      again.insert(again.end(), failed.begin(), failed.end());
    }
  }
  return again;
}

std::span<const Duration> pausesOf(RetryPauses pauses) {
  if (pauses == RetryPauses::OfPusher) return kPausesOfPusher;
  return kOneImmediateRetry;
}

}  // namespace

Outcomes performBatches(SqsClient& client, const BatchOperation& operation, std::span<const std::size_t> bytes) {
  Outcomes outcomes(bytes.size());
  Indices entries(bytes.size());
  std::iota(entries.begin(), entries.end(), 0);
  auto failed = performOnce(client, operation, bytes, entries, outcomes);
  for (const auto pause : pausesOf(operation.pauses)) {
    if (failed.empty()) break;
    std::this_thread::sleep_for(pause);
    failed = performOnce(client, operation, bytes, failed, outcomes);
  }
  return outcomes;
}

}  // namespace leptir::sqs
