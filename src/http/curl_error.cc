#include "http/curl_error.h"

#include <algorithm>

#include "base/duration_text.h"
#include "base/errno_text.h"
#include "base/escape.h"

namespace leptir::http {
namespace {

// OpenSSL's numbers: X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED, and (X509_V_ERR_UNSPECIFIED) what
// libcurl leaves where it looked at the name before the rest.
constexpr long kNotYetValid = 9, kExpired = 10, kUnspecified = 1;

long longInfo(CURL* handle, CURLINFO info) {
  long value = 0;
  ::curl_easy_getinfo(handle, info, &value);
  return value;
}

Error unavailable(std::string message) {
  return Error(ErrorCode::Unavailable, std::move(message));
}
Error misconfigured(std::string message) {
  return Error(ErrorCode::Invalid, std::move(message));
}

Error cannotConnect(CURL* handle) {
  const auto number = longInfo(handle, CURLINFO_OS_ERRNO);
  return unavailable(number == 0 ? "cannot connect" : "cannot connect: " + base::errnoText(static_cast<int>(number)));
}

Error timedOut(CURL* handle, const Connection& connection) {
  curl_off_t connected = 0;
  ::curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &connected);
  if (connected > 0) return unavailable("no answer within " + base::durationText(connection.timeout));
  return unavailable("no connection within " +
                     base::durationText(std::min(connection.connectTimeout, connection.timeout)));
}

Error untrusted(CURL* handle, const Connection& connection) {
  const auto reason = longInfo(handle, CURLINFO_SSL_VERIFYRESULT);
  if (reason == kNotYetValid || reason == kExpired)
    return unavailable("its certificate has expired or is not yet valid: renew it, or set the clock of this machine");
  if (reason == 0 || reason == kUnspecified)
    return misconfigured("its certificate is for another name: use a name that the certificate has");
  return misconfigured("its certificate does not verify: name the file of its authority in " + connection.caSetting);
}

Error refusedByProxy(long status) {
  return unavailable("the proxy refuses the connection with status " + std::to_string(status) +
                     ": check the variables https_proxy and no_proxy");
}

Error explain(CURL* handle, CURLcode code, const Connection& connection) {
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return unavailable("the request was stopped before an answer came");
    case CURLE_COULDNT_RESOLVE_HOST:
      return unavailable("the name of this host cannot be resolved: check the address and the DNS of this machine");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return unavailable("the name of the proxy cannot be resolved: check the variables https_proxy and http_proxy");
    case CURLE_COULDNT_CONNECT:
      return cannotConnect(handle);
    case CURLE_OPERATION_TIMEDOUT:
      return timedOut(handle, connection);
    case CURLE_PEER_FAILED_VERIFICATION:
      return untrusted(handle, connection);
    case CURLE_SSL_CACERT_BADFILE:
      return misconfigured("no certificates can be read from " + connection.caSetting + " " +
                           base::inQuotes(connection.caFile, 4096));
    case CURLE_SSL_CONNECT_ERROR:
      return unavailable("the TLS handshake failed: does this port speak TLS?");
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
      return unavailable("the connection was closed or reset before an answer came");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return misconfigured("the answer is not HTTP: check host and port");
    default:
      return unavailable(std::string("the request failed: ") + ::curl_easy_strerror(code));
  }
}

}  // namespace

Error curlError(CURL* handle, CURLcode code, const Connection& connection) {
  // For a proxy that refuses, versions of libcurl have different codes: the status of the proxy tells.
  const auto proxyStatus = longInfo(handle, CURLINFO_HTTP_CONNECTCODE);
  if (proxyStatus >= 300) return refusedByProxy(proxyStatus);
  return explain(handle, code, connection);
}

}  // namespace leptir::http
