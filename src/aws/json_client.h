// JsonClient: requests of AWS' JSON protocol to one endpoint, several at a time over kept connections.
//
// The client signs each request (Signature Version 4), fetches credentials before they expire and after the service
// refused them, and corrects its time by the service's `Date` header when the clocks differ. It sends a request again
// where its `Repeat` allows that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/spi/wake.h"

namespace leptir::aws {

struct JsonClientOptions {
  std::string endpoint{};  // https://sqs.eu-west-1.amazonaws.com; a path is kept
  std::string region{};
  std::string service{};        // for the signature: sqs
  std::string caFile{};         // empty: AWS_CA_BUNDLE, else the system's authorities
  std::size_t connections = 8;  // requests in flight; further ones wait
  Duration connectTimeout = std::chrono::seconds(3);
  const Clock* clock = &systemClock();  // for the time of signatures
};

// When a request may be sent again within its time limit.
enum class Repeat {
  Never,
  IfRefused,  // only where the service did nothing: not connected, throttled, 503, clock skew, expired credentials
  Always,     // also when the outcome is unknown: connection lost, no answer, 500
};

struct JsonRequest {
  std::string target{};  // AmazonSQS.SendMessageBatch
  std::string body{};
  Duration limit = std::chrono::seconds(5);  // for all sends together
  Repeat repeat = Repeat::IfRefused;
};

// What the service has answered.
struct JsonAnswer {
  int status = 0;
  std::string body{};          // of success: a JSON object
  std::string errorCode{};     // empty: success; else the last part of the code, as QueueDoesNotExist
  std::string errorMessage{};  // the service's own words
};

// How many requests were sent, since requests are paid for.
struct RequestCounts {
  std::uint64_t sent = 0;  // all, repeated ones included
  std::uint64_t repeated = 0;
  std::uint64_t throttled = 0;
  std::uint64_t connections = 0;  // opened
};

// One thread uses it, in the process that has made it.
class JsonClient {
 public:
  using Number = std::uint64_t;  // of a request; never used twice

  JsonClient(JsonClientOptions options, std::unique_ptr<CredentialSource> credentials);
  ~JsonClient();  // gives up what is in flight
  JsonClient(const JsonClient&) = delete;
  JsonClient& operator=(const JsonClient&) = delete;

  // Begins a request. Its result waits for take() or abandon().
  Number start(JsonRequest request);

  // The result of a request that has ended, once; none: it is still under way. Error: no answer of the service came.
  // Unavailable: later it may. Invalid: never (certificate not trusted, no credentials or wrong ones configured). The
  // message begins with the endpoint, and contains no secret.
  std::optional<Result<JsonAnswer>> take(Number request);

  // Works on all requests until one ends, `longest` has passed, or `wake` was rung (null: no wake). Returns at once if
  // one has ended that was not taken and of which no wait() has returned yet. A ring is not cleared. Requests make
  // progress only in this function, start() and perform(). Where credentials have to be fetched, these take up to 10 s
  // longer.
  void wait(Duration longest, Wake* wake = nullptr);

  // Gives up a request whose result nothing needs any more. The service may still perform it.
  void abandon(Number request);

  // start(), wait() until it has ended, take(). Other requests in flight go on meanwhile.
  Result<JsonAnswer> perform(JsonRequest request);

  // The service's time, as far as it is known: this machine's clock, corrected when the service refused it.
  Time serviceTime() const;
  RequestCounts counts() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace leptir::aws
