// One signed request on its way to the service.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <string>

#include "aws/credentials.h"
#include "http/connection.h"
#include "http/curl_handle.h"
#include "http/http_url.h"
#include "http/received_answer.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::aws {

struct TransferOptions {
  const http::HttpUrl& endpoint;
  const std::string& region;
  const std::string& service;
  const std::string& target;
  const std::string& body;  // lives as long as the transfer
  const Credentials& credentials;
  Time time;  // the service's
  http::Connection connection;
};

// libcurl performs it, as part of a multi handle. It must stay where it is.
class SignedTransfer {
 public:
  // `handle` is a new one, or one of an ended transfer.
  SignedTransfer(http::Handle handle, const TransferOptions& options, std::uint64_t number);
  SignedTransfer(const SignedTransfer&) = delete;
  SignedTransfer& operator=(const SignedTransfer&) = delete;

  // False: out of memory; it must not be performed then.
  bool isReady() const { return isReady_; }
  CURL* handle() const { return handle_.get(); }
  // The number of the request whose transfer this handle performs.
  static std::uint64_t numberOf(CURL* handle);

  BootTime sentAt() const { return sentAt_; }
  Time signedAt() const { return signedAt_; }
  const Credentials& credentials() const { return credentials_; }
  // Whether the service may have got a part of it.
  bool wasSent() const { return wasSent_; }
  int newConnections() const;
  // The answer, once libcurl has ended the transfer with `code`. The message does not name the endpoint.
  Result<http::HttpAnswer> result(CURLcode code);
  // Takes the handle out of the ended transfer, for the next one.
  http::Handle takeHandle();

 private:
  static int onSend(void* self, char*, char*, int, int);
  void setHeaders(const TransferOptions& options);
  void setSignature(const TransferOptions& options);

  http::Handle handle_;
  http::HeaderList headers_;
  const http::Connection connection_;
  const Credentials credentials_;
  const std::uint64_t number_;
  const BootTime sentAt_;
  const Time signedAt_;
  http::ReceivedAnswer received_;
  bool isReady_ = false;
  bool wasSent_ = false;
};

}  // namespace leptir::aws
