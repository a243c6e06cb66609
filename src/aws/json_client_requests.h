// The requests of a JsonClient and what they share: connections, credentials, the service's time and its refusals.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "aws/current_credentials.h"
#include "aws/json_client.h"
#include "aws/pending_request.h"
#include "aws/send_pause.h"
#include "aws/service_clock.h"
#include "aws/service_error.h"
#include "aws/transfer_loop.h"
#include "base/fork_detector.h"
#include "http/curl_handle.h"
#include "http/http_url.h"

namespace leptir::aws {

class JsonClient::Implementation {
 public:
  Implementation(JsonClientOptions options, std::unique_ptr<CredentialSource> credentials);
  ~Implementation();
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  bool isSameProcess() const { return process_.isSameProcess(); }
  Number start(JsonRequest request);
  std::optional<Result<JsonAnswer>> take(Number number);
  void abandon(Number number);
  // Makes all progress that is possible without waiting.
  void work();
  // Waits until libcurl or the next send has something to do, or `until`. Returns whether `wake` is rung.
  bool waitOnce(BootTime until, Wake* wake);
  // Whether a request has ended since this was asked last and was not taken.
  bool takeEnded();

  Time serviceTime() const { return serviceClock_.now(); }
  RequestCounts counts() const { return counts_; }

 private:
  void beginSends();
  void send(Number number, PendingRequest& pending);
  void collectEnded();
  void endTransfer(CURL* handle, CURLcode code);
  void removeTransfer(PendingRequest& pending);
  // Decides what becomes of a request after a send.
  void judge(Number number, PendingRequest& pending, const SignedTransfer& transfer, Result<http::HttpAnswer> answer);
  void judgeFailure(Number number, PendingRequest& pending, const SignedTransfer& transfer, const Error& error);
  void judgeError(Number number, PendingRequest& pending, const SignedTransfer& transfer,
                  const http::HttpAnswer& answer);
  bool correct(const ServiceError& error, const SignedTransfer& transfer, const http::HttpAnswer& answer,
               Duration longest);
  bool mayRepeat(const ServiceError& error, PendingRequest& pending, bool isCorrected) const;
  void sendAgain(Number number, PendingRequest& pending);
  void end(Number number, PendingRequest& pending);
  void end(Number number, PendingRequest& pending, Result<JsonAnswer> result);
  void endOverdue();

  const JsonClientOptions options_;
  Result<http::HttpUrl> endpoint_;
  http::Connection connection_;
  const base::ForkDetector process_;
  CurrentCredentials credentials_;
  ServiceClock serviceClock_;
  SendPause pause_;
  RequestCounts counts_;
  TransferLoop loop_;
  std::vector<http::Handle> idleHandles_;
  std::map<Number, PendingRequest> requests_;
  std::set<Number> waiting_;     // to be sent, the oldest first
  std::set<Number> unreported_;  // have ended, and no wait() has returned since
  std::size_t inFlight_ = 0;
  Number last_ = 0;
};

}  // namespace leptir::aws
