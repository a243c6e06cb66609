#include "backends/mongodb/task_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <random>
#include <utility>

#include "backends/mongodb/envelope_document.h"
#include "base/saturated.h"

namespace leptir::mongodb {
namespace {

using std::chrono::seconds;

std::string randomDigits(int count) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  std::string digits;
  for (int i = 0; i < count; ++i) digits += static_cast<char>('0' + random() % 10);
  return digits;
}

Time clampedTime(std::int64_t unixSeconds) {
  return Time(seconds(std::clamp(unixSeconds, -kMaxTimeSpan.count(), kMaxTimeSpan.count())));
}

void addNonzeroCount(Document& to, std::string_view key, std::uint32_t count) {
  if (count != 0) to.add(key, std::int64_t{count});
}

std::uint32_t countAt(DocumentView document, std::string_view path) {
  return base::saturatedCast<std::uint32_t>(document.integer(path).value_or(0));
}

// leptir's own part of a waiting task.
Document ownPart(const EncodedTask& task, Time due, const std::string& text) {
  Document own;
  own.add("state", state::kWaiting).add("due", due).add("id", task.id);
  if (!text.empty()) own.add("text", text);
  addNonzeroCount(own, "failures", task.counters.failures);
  addNonzeroCount(own, "crashes", task.counters.crashes);
  addNonzeroCount(own, "expiries", task.counters.expiries);
  addNonzeroCount(own, "unknown", task.counters.unknown);
  return own;
}

TaskState stateOf(DocumentView document, Time due, Time now) {
  const auto word = document.text(field::kState).value_or(std::string_view());
  if (word == state::kBuried) return TaskState::Buried;
  if (word == state::kLeased) return TaskState::Leased;
  return due <= now ? TaskState::Due : TaskState::Scheduled;
}

std::string textAt(DocumentView document, std::string_view path) {
  return std::string(document.text(path).value_or(std::string_view()));
}

DocumentView viewOf(std::string_view handle) {
  return DocumentView(std::span(reinterpret_cast<const std::uint8_t*>(handle.data()), handle.size()));
}

}  // namespace

std::string documentId(Time due, int tries) {
  const auto since1970 = std::max(due.time_since_epoch(), Duration::zero());
  const auto whole = std::chrono::floor<seconds>(since1970);
  constexpr int kMaxTries = 8;
  return fmt::format("{:08x}0.{:06}{}", whole.count(), (since1970 - whole).count(),
                     randomDigits(2 + 4 * std::min(tries, kMaxTries)));
}

std::optional<Time> dueIn(std::string_view documentId) {
  const auto point = documentId.find('.');
  if (point == std::string_view::npos || point < 9 || documentId[point - 1] != '0') return {};
  const auto digits = documentId.substr(0, point - 1);
  std::uint64_t whole = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return {};
  return clampedTime(static_cast<std::int64_t>(whole));
}

std::optional<Time> dueOfForeign(DocumentView document) {
  if (const auto id = document.text("_id")) {
    if (const auto due = dueIn(*id)) return due;
  }
  const auto toex = document.find("toex");
  if (!toex) return {};
  if (const auto date = toex->date()) return date;
  if (const auto whole = toex->integer()) return *whole == 0 ? std::nullopt : std::optional(clampedTime(*whole));
  return {};
}

Result<Document> taskDocument(const EncodedTask& task, Time due, std::size_t maxBytes, const std::string& id) {
  auto envelope = fieldsOf(task.envelope);
  if (!envelope) return envelope.error().in("task " + task.id);
  auto document = std::move(envelope->fields);
  document.add("_id", id.empty() ? documentId(due, 0) : id).add("leptir", ownPart(task, due, envelope->text));
  if (document.bytes() <= maxBytes) return document;
  return Error(ErrorCode::TooLarge, fmt::format("task {}: its document has {} bytes, more than the {} of the server",
                                                task.id, document.bytes(), maxBytes));
}

std::optional<std::string> handleOf(DocumentView document) {
  const auto id = document.find("_id");
  if (!id) return {};
  const auto holder = Document().add("_id", *id);
  if (holder.bytes() > kMaxHandleBytes) return {};
  return std::string(reinterpret_cast<const char*>(bson_get_data(holder.get())), holder.bytes());
}

Document idFilter(std::string_view handle) {
  return Document(viewOf(handle));
}

void addIdTo(Document& to, std::string_view key, std::string_view handle) {
  if (const auto id = viewOf(handle).find("_id")) to.add(key, *id);
}

LeasedTask leasedTask(DocumentView document) {
  return {.envelope = envelopeOf(document),
          .counters = countersOf(document),
          .lease = {static_cast<std::uint64_t>(document.integer(field::kLease).value_or(0)),
                    handleOf(document).value_or(std::string())},
          .cancelledBy = textAt(document, field::kCancel)};
}

FoundTask foundTask(DocumentView document, Time now) {
  auto due = document.date(field::kDue);
  if (!due) due = dueOfForeign(document).value_or(now);
  auto id = textAt(document, field::kId);
  return {.id = id.empty() ? textAt(document, "td.id") : std::move(id),
          .state = stateOf(document, *due, now),
          .due = *due,
          .counters = countersOf(document),
          .envelope = envelopeOf(document),
          .reason = textAt(document, field::kReason)};
}

Counters countersOf(DocumentView document) {
  return {.failures = countAt(document, "leptir.failures"),
          .crashes = countAt(document, "leptir.crashes"),
          .expiries = countAt(document, "leptir.expiries"),
          .unknown = countAt(document, "leptir.unknown")};
}

}  // namespace leptir::mongodb
