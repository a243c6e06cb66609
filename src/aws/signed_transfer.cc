#include "aws/signed_transfer.h"

#include "aws/signing_time.h"
#include "http/curl_error.h"

namespace leptir::aws {
namespace {

// Ten messages of 1 MiB, with each byte escaped.
constexpr std::size_t kMaxBody = std::size_t{64} << 20;
// Shorter than servers and the load balancers before them keep idle connections, so that requests do not often meet one
// that is just being closed.
constexpr long kMaxIdleSeconds = 45;

}  // namespace

SignedTransfer::SignedTransfer(http::Handle handle, const TransferOptions& options, std::uint64_t number)
    : handle_(std::move(handle)),
      connection_(options.connection),
      credentials_(options.credentials),
      number_(number),
      sentAt_(systemClock().bootTime()),
      signedAt_(options.time),
      received_(kMaxBody) {
  if (handle_ == nullptr) return;
  ::curl_easy_reset(handle_.get());
  http::setConnection(handle_.get(), connection_);
  received_.collectFrom(handle_.get());
  ::curl_easy_setopt(handle_.get(), CURLOPT_PRIVATE, this);
  ::curl_easy_setopt(handle_.get(), CURLOPT_PREREQFUNCTION, onSend);
  ::curl_easy_setopt(handle_.get(), CURLOPT_PREREQDATA, this);
  ::curl_easy_setopt(handle_.get(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  ::curl_easy_setopt(handle_.get(), CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  ::curl_easy_setopt(handle_.get(), CURLOPT_TCP_KEEPALIVE, 1L);
  ::curl_easy_setopt(handle_.get(), CURLOPT_URL, options.endpoint.target().c_str());
  setHeaders(options);
  setSignature(options);
}

void SignedTransfer::setHeaders(const TransferOptions& options) {
  isReady_ = http::append(headers_, "Content-Type: application/x-amz-json-1.0") &&
             http::append(headers_, "X-Amz-Target: " + options.target) &&
             http::append(headers_, "X-Amz-Date: " + signingTime(options.time)) &&
             (credentials_.sessionToken.empty() ||
              http::append(headers_, "X-Amz-Security-Token: " + credentials_.sessionToken));
  ::curl_easy_setopt(handle_.get(), CURLOPT_HTTPHEADER, headers_.get());
  ::curl_easy_setopt(handle_.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(options.body.size()));
  ::curl_easy_setopt(handle_.get(), CURLOPT_POSTFIELDS, options.body.data());  // not copied
}

// The header `Expect` of bodies above 1 MiB cannot be removed, since libcurl's signatures are wrong then; so it does
// not wait for the answer to it.
void SignedTransfer::setSignature(const TransferOptions& options) {
  const auto scope = "aws:amz:" + options.region + ":" + options.service;
  ::curl_easy_setopt(handle_.get(), CURLOPT_AWS_SIGV4, scope.c_str());
  ::curl_easy_setopt(handle_.get(), CURLOPT_USERNAME, credentials_.accessKey.c_str());
  ::curl_easy_setopt(handle_.get(), CURLOPT_PASSWORD, credentials_.secretKey.c_str());
  ::curl_easy_setopt(handle_.get(), CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
}

// libcurl calls it before it sends the request, also when it would send it a second time because a kept connection was
// closed without an answer. The service may have performed it, so that is not libcurl's decision; only the status 417
// proves that it has not.
int SignedTransfer::onSend(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<SignedTransfer*>(self);
  const bool isRepetition = transfer.wasSent_ && !transfer.received_.hasStatusLine();
  transfer.wasSent_ = true;
  return isRepetition ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

std::uint64_t SignedTransfer::numberOf(CURL* handle) {
  char* self = nullptr;
  ::curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
  return reinterpret_cast<const SignedTransfer*>(self)->number_;
}

int SignedTransfer::newConnections() const {
  long connections = 0;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_NUM_CONNECTS, &connections);
  return static_cast<int>(connections);
}

Result<http::HttpAnswer> SignedTransfer::result(CURLcode code) {
  if (code == CURLE_OK) return received_.takeAnswer();
  if (received_.isBodyTooLarge()) return Error(ErrorCode::Invalid, "the answer is larger than 64 MiB");
  // The callback above has refused a repetition.
  if (code == CURLE_ABORTED_BY_CALLBACK) code = CURLE_GOT_NOTHING;
  return http::curlError(handle_.get(), code, connection_);
}

http::Handle SignedTransfer::takeHandle() {
  return std::move(handle_);
}

}  // namespace leptir::aws
