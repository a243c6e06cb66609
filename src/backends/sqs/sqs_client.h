// SqsClient: the operations of Amazon SQS on the queues of one configuration.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "aws/json_client.h"
#include "backends/sqs/sqs_settings.h"
#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/result.h"

namespace leptir::sqs {

// How long a request may take, with all its repetitions.
inline constexpr Duration kRequestTimeLimit = std::chrono::seconds(5);

struct SqsCall {
  const char* operation = "";  // SendMessageBatch
  std::string body{};          // JSON
  aws::Repeat repeat = aws::Repeat::IfRefused;
  Duration limit = kRequestTimeLimit;
};

// One thread uses it.
class SqsClient {
 public:
  using Number = aws::JsonClient::Number;

  // `clock` must outlive it.
  SqsClient(const SqsSettings& settings, const Clock& clock);

  Number start(SqsCall call);
  // As aws::JsonClient::take. The JSON of an answer, or its error by errorOf().
  std::optional<Result<Json>> take(Number number);
  // The same, without reading the text of the answer.
  std::optional<Result<std::string>> takeText(Number number);
  void wait(Duration longest, Wake* wake = nullptr) { client_.wait(longest, wake); }
  void abandon(Number number) { client_.abandon(number); }

  Result<Json> perform(SqsCall call);
  // Performs all, several at a time; the results in their order.
  std::vector<Result<Json>> performAll(std::vector<SqsCall> calls);
  // As perform, and tells errors by their code: for callers that expect some of them.
  Result<aws::JsonAnswer> answerTo(SqsCall call);

  // The service's time: that of the clock, with the correction that the service has made necessary.
  Time now() const;
  aws::RequestCounts counts() const { return client_.counts(); }
  const SqsSettings& settings() const { return settings_; }
  const std::string& queue() const { return settings_.queue.url; }

 private:
  Result<Json> resultOfNext(std::deque<Number>& started);
  Result<std::string> textOf(Result<aws::JsonAnswer> answer) const;
  Result<Json> jsonOf(Result<aws::JsonAnswer> answer) const;

  const SqsSettings settings_;
  const Clock& clock_;
  aws::JsonClient client_;
};

}  // namespace leptir::sqs
