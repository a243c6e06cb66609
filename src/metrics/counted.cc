#include "metrics/counted.h"

#include <algorithm>
#include <span>

namespace leptir::metrics {
namespace {

constexpr std::array<std::string_view, kTaskEnds> kEndWords{
    "succeeded", "failed", "retried", "buried", "cancelled", "expired", "discarded", "given_back", "lost"};
constexpr std::array<std::string_view, kFailureCauses> kCauseWords{
    "error", "threw", "timed_out", "crashed", "out_of_memory", "unknown_name", "malformed", "session_expired"};
constexpr std::array<std::string_view, kStoreOperations> kStoreOperationWords{
    "open", "lease", "acknowledge", "release", "bury", "renew", "recover", "list", "count", "save", "expire"};
constexpr std::array<std::string_view, kProcessKinds> kProcessWords{"master", "dispatcher", "worker", "report_worker",
                                                                    "metrics_server"};

template <class Value>
std::string_view wordOf(std::span<const std::string_view> words, Value value) {
  const auto index = static_cast<std::size_t>(value);
  return index < words.size() ? words[index] : "?";
}

}  // namespace

std::string_view nameOf(TaskEnd end) {
  return wordOf(kEndWords, end);
}

std::string_view nameOf(FailureCause cause) {
  return wordOf(kCauseWords, cause);
}

// In a record, `finished` is the cause of a run that returned an error. kCauseWords lacks the causes that are not
// failures (cancelled, expired, discarded, retry_later, gave_back).
FailureCause failureCauseOf(std::string_view causeOfRecord) {
  if (causeOfRecord == "finished") return FailureCause::Error;
  const auto* found = std::ranges::find(kCauseWords, causeOfRecord);
  return static_cast<FailureCause>(found - kCauseWords.begin());
}

std::string_view nameOf(StoreOperation operation) {
  return wordOf(kStoreOperationWords, operation);
}

std::string_view nameOf(StoreKind kind) {
  return kind == StoreKind::Broker ? "broker" : "meta_storage";
}

std::string_view nameOf(ProcessKind kind) {
  return wordOf(kProcessWords, kind);
}

}  // namespace leptir::metrics
