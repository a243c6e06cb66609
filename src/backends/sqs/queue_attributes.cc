#include "backends/sqs/queue_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "backends/sqs/sqs_errors.h"
#include "backends/sqs/sqs_message.h"
#include "base/duration_text.h"
#include "leptir/spi/broker_task.h"

namespace leptir::sqs {
namespace {

using std::chrono::seconds;

constexpr std::array<std::string_view, 1> kAll{"All"};
constexpr std::array<std::string_view, 3> kCounts{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed",
                                                  "ApproximateNumberOfMessagesNotVisible"};
constexpr seconds kMinSafeRetention = std::chrono::hours(24);

std::optional<std::uint64_t> number(const Json& attributes, std::string_view name) {
  const auto found = attributes.find(name);
  if (found == attributes.end() || !found->is_string()) return {};
  const auto& text = found->get_ref<const std::string&>();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

// `maxReceiveCount` is a number or its text, depending on who has set it.
std::optional<std::uint32_t> maxReceiveCount(const Json& attributes) {
  const auto policy = attributes.find("RedrivePolicy");
  if (policy == attributes.end() || !policy->is_string()) return {};
  const auto json = parseJson(policy->get<std::string>());
  if (!json || !json->is_object()) return {};
  const auto found = json->find("maxReceiveCount");
  if (found == json->end()) return {};
  if (found->is_number_unsigned()) return static_cast<std::uint32_t>(found->get<std::uint64_t>());
  if (const auto text = number(*json, "maxReceiveCount")) return static_cast<std::uint32_t>(*text);
  return {};
}

QueueAttributes read(const Json& attributes) {
  QueueAttributes queue;
  if (const auto size = number(attributes, "MaximumMessageSize")) queue.maximumMessageSize = *size;
  if (const auto period = number(attributes, "MessageRetentionPeriod"))
    queue.retention = seconds(std::clamp<std::uint64_t>(*period, 1, 1'209'600));
  queue.maxReceiveCount = maxReceiveCount(attributes);
  return queue;
}

bool isFifo(const Json& attributes) {
  const auto found = attributes.find("FifoQueue");
  return found != attributes.end() && *found == "true";
}

Json attributesIn(const Json& answer) {
  const auto found = answer.find("Attributes");
  return found != answer.end() && found->is_object() ? *found : Json::object();
}

}  // namespace

seconds QueueAttributes::longestHop() const {
  return std::clamp(retention / 2, seconds(1), kMaxDelay);
}

tl::expected<QueueAttributes, AttributesError> fetchQueueAttributes(SqsClient& client, const aws::QueueAddress& queue) {
  const auto failed = [](Error error, bool isAccessDenied = false) {
    return tl::make_unexpected(AttributesError{std::move(error), isAccessDenied});
  };
  const auto where = "queue " + queue.name;
  const auto answer = client.answerTo(
      {.operation = "GetQueueAttributes", .body = attributesBody(queue.url, kAll), .repeat = aws::Repeat::Always});
  if (!answer) return failed(answer.error());
  if (!answer->errorCode.empty()) {
    auto error = errorOf(*answer, where);
    if (isMissingQueue(answer->errorCode)) error = Error(ErrorCode::Invalid, error.message());
    return failed(std::move(error), isAccessDenied(answer->errorCode));
  }
  const auto json = parseJson(answer->body);
  if (!json || !json->is_object())
    return failed(Error(ErrorCode::Unavailable, where + ": the answer is no JSON object"));
  const auto attributes = attributesIn(*json);
  if (isFifo(attributes)) return failed(Error(ErrorCode::Invalid, where + ": a FIFO queue; use a standard queue"));
  return read(attributes);
}

Result<TaskCounts> fetchTaskCounts(SqsClient& client, const aws::QueueAddress& queue) {
  const auto answer = client.perform(
      {.operation = "GetQueueAttributes", .body = attributesBody(queue.url, kCounts), .repeat = aws::Repeat::Always});
  if (!answer) return answer.error();
  const auto attributes = attributesIn(*answer);
  return TaskCounts{.due = number(attributes, kCounts[0]).value_or(0),
                    .scheduled = number(attributes, kCounts[1]).value_or(0),
                    .leased = number(attributes, kCounts[2]).value_or(0)};
}

std::vector<StoreFinding> findingsAbout(const QueueAttributes& queue, const std::string& where) {
  std::vector<StoreFinding> findings;
  if (queue.maxReceiveCount && *queue.maxReceiveCount <= kMaxExpiries) {
    findings.push_back(
        {FindingSeverity::Problem, "redrive",
         fmt::format("{}: its RedrivePolicy moves a task away at its {}. receive, before leptir buries it with a "
                     "record (after {} expired leases)",
                     where, *queue.maxReceiveCount + 1, kMaxExpiries),
         fmt::format("set maxReceiveCount above {}", kMaxExpiries)});
  }
  if (queue.retention < kMinSafeRetention) {
    findings.push_back({FindingSeverity::Problem, "retention",
                        fmt::format("{}: tasks that wait for longer than {} are deleted by the service", where,
                                    base::durationText(queue.retention)),
                        "raise MessageRetentionPeriod"});
  }
  return findings;
}

}  // namespace leptir::sqs
