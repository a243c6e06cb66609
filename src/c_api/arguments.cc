#include "c_api/arguments.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>

#include "leptir/spi/broker_task.h"

namespace leptir::c_api {
namespace {

Error invalid(const std::string& what) {
  return Error(ErrorCode::Invalid, what);
}

constexpr std::size_t kFirstVersionOptionsBytes = offsetof(leptir_push_options, traceparent);  // of the first version
constexpr std::size_t kMaxOptionsBytes = 4096;  // more is no size, but memory that was not set

bool isSizeOfOptions(std::size_t size) {
  return size == kFirstVersionOptionsBytes || (size >= sizeof(leptir_push_options) && size <= kMaxOptionsBytes);
}

// The fields that both the caller and this library know.
Result<leptir_push_options> copyKnownOptions(const leptir_push_options& given) {
  if (!isSizeOfOptions(given.size))
    return invalid("options: size is " + std::to_string(given.size) +
                   ": initialize leptir_push_options with LEPTIR_PUSH_OPTIONS_INIT");
  const auto known = std::min(given.size, sizeof(leptir_push_options));
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&given);
  const std::span unknown(bytes + known, given.size - known);
  if (std::ranges::any_of(unknown, [](unsigned char byte) { return byte != 0; }))
    return invalid("options: a field is set that this version of libleptir.so does not know: install a newer one");
  leptir_push_options options{};
  std::memcpy(&options, &given, known);
  return options;
}

constexpr auto kLargestSeconds = static_cast<double>(kMaxTimeSpan.count());

Result<std::optional<Time>> toTime(double unixSeconds, const std::string& field) {
  if (unixSeconds == 0) return std::optional<Time>();
  if (!(std::abs(unixSeconds) <= kLargestSeconds))
    return invalid("options: " + field + " must be a number of Unix seconds, at most 1e11 from 1970");
  return std::optional(timeFromUnixSeconds(unixSeconds));
}

Result<std::uint32_t> toAttempts(std::int64_t attempts) {
  if (attempts < 0 || attempts > std::numeric_limits<std::uint32_t>::max())
    return invalid("options: max_attempts must be a number from 0 to 4294967295");
  return static_cast<std::uint32_t>(attempts);
}

std::string textOr(const char* text, const char* otherwise) {
  return text != nullptr ? text : otherwise;
}

}  // namespace

Error nullArgument(const char* name) {
  return invalid("argument '" + std::string(name) + "' is null");
}

Result<PushOptions> toPushOptions(const leptir_push_options* options) {
  if (options == nullptr) return PushOptions{};
  const auto known = copyKnownOptions(*options);
  if (!known) return known.error();
  const auto time = toTime(known->time_of_execution, "time_of_execution");
  if (!time) return time.error();
  const auto delay = toDuration(known->delay, "delay");
  if (!delay) return delay.error().in("options");
  const auto expires = toTime(known->expires, "expires");
  if (!expires) return expires.error();
  const auto expiresAfter = toDuration(known->expires_after, "expires_after");
  if (!expiresAfter) return expiresAfter.error().in("options");
  const auto attempts = toAttempts(known->max_attempts);
  if (!attempts) return attempts.error();
  return PushOptions{.timeOfExecution = *time,
                     .delay = *delay,
                     .expires = *expires,
                     .expiresAfter = *expiresAfter,
                     .priority = known->priority,
                     .timeLimitSeconds = known->time_limit,
                     .maxAttempts = *attempts,
                     .id = textOr(known->id, ""),
                     .broker = textOr(known->broker, ""),
                     .traceparent = textOr(known->traceparent, "")};
}

Result<TaskToPush> toTask(const leptir_task& task) {
  if (task.name == nullptr) return nullArgument("name");
  auto options = toPushOptions(task.options);
  if (!options) return options.error().in("task '" + std::string(task.name) + "'");
  TaskToPush made{.name = task.name, .options = std::move(*options)};
  // No text at all is a mistake of the caller: pushed as it is, it would mean that there are no parameters.
  if (task.parameters != nullptr && *task.parameters == '\0')
    return invalid("task '" + made.name + "': parameters are an empty text: pass a JSON object such as {}, or null");
  made.parametersText = textOr(task.parameters, "");
  return made;
}

Result<Duration> toDuration(double seconds, const char* name) {
  if (!(seconds >= 0 && seconds <= kLargestSeconds))
    return invalid(std::string(name) + " must be a number of seconds from 0 to 1e11");
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

void copyId(const std::string& id, char* buffer) {
  if (buffer == nullptr) return;
  const auto length = std::min<std::size_t>(id.size(), LEPTIR_ID_SIZE - 1);  // ids have at most 255 bytes
  std::memcpy(buffer, id.data(), length);
  buffer[length] = '\0';
}

char* copyText(const std::string& text) {
  auto* const copy = new char[text.size() + 1];
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

}  // namespace leptir::c_api
