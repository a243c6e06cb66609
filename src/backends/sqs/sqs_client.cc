#include "backends/sqs/sqs_client.h"

#include <utility>

#include "backends/sqs/sqs_errors.h"

namespace leptir::sqs {
namespace {

constexpr Duration kMaxWait = std::chrono::seconds(1);
// Requests that wait inside of JsonClient hold their bodies in memory, so they are started in groups.
constexpr std::size_t kStartedAtOnce = 32;

aws::JsonRequest requestOf(SqsCall call) {
  return {.target = std::string("AmazonSQS.") + call.operation,
          .body = std::move(call.body),
          .limit = call.limit,
          .repeat = call.repeat};
}

}  // namespace

SqsClient::SqsClient(const SqsSettings& settings, const Clock& clock)
    : settings_(settings), clock_(clock), client_(clientOptions(settings), credentialSource(settings)) {}

// Rounded, since the two clocks are not read at the same moment.
Time SqsClient::now() const {
  return clock_.now() + std::chrono::round<std::chrono::milliseconds>(client_.serviceTime() - systemClock().now());
}

SqsClient::Number SqsClient::start(SqsCall call) {
  return client_.start(requestOf(std::move(call)));
}

std::optional<Result<Json>> SqsClient::take(Number number) {
  auto answer = client_.take(number);
  if (!answer) return {};
  return jsonOf(std::move(*answer));
}

std::optional<Result<std::string>> SqsClient::takeText(Number number) {
  auto answer = client_.take(number);
  if (!answer) return {};
  return textOf(std::move(*answer));
}

Result<Json> SqsClient::perform(SqsCall call) {
  return jsonOf(client_.perform(requestOf(std::move(call))));
}

Result<aws::JsonAnswer> SqsClient::answerTo(SqsCall call) {
  auto answer = client_.perform(requestOf(std::move(call)));
  return answer ? answer : answer.error().in(settings_.where());
}

std::vector<Result<Json>> SqsClient::performAll(std::vector<SqsCall> calls) {
  std::vector<Result<Json>> results;
  std::deque<Number> started;
  for (auto& call : calls) {
    if (started.size() == kStartedAtOnce) results.push_back(resultOfNext(started));
    started.push_back(start(std::move(call)));
  }
  while (!started.empty()) results.push_back(resultOfNext(started));
  return results;
}

Result<Json> SqsClient::resultOfNext(std::deque<Number>& started) {
  const auto number = started.front();
  started.pop_front();
  while (true) {
    if (auto result = take(number)) return std::move(*result);
    wait(kMaxWait);
  }
}

Result<std::string> SqsClient::textOf(Result<aws::JsonAnswer> answer) const {
  if (!answer) return answer.error().in(settings_.where());
  if (!answer->errorCode.empty()) return errorOf(*answer, settings_.where());
  return std::move(answer->body);
}

Result<Json> SqsClient::jsonOf(Result<aws::JsonAnswer> answer) const {
  const auto text = textOf(std::move(answer));
  if (!text) return text.error();
  auto json = parseJson(*text);
  if (!json)
    return Error(ErrorCode::Unavailable, settings_.where() + ": the answer is no JSON: " + json.error().message());
  if (!json->is_object()) return Error(ErrorCode::Unavailable, settings_.where() + ": the answer is no JSON object");
  return json;
}

}  // namespace leptir::sqs
