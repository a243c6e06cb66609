#include "http/http_request.h"

#include "http/curl_error.h"
#include "http/curl_handle.h"
#include "http/received_answer.h"

namespace leptir::http {
namespace {

constexpr int kPollMilliseconds = 1000;

// Null: out of memory.
HeaderList headerList(const HttpRequest& request) {
  HeaderList list;
  // Without this libcurl waits for "100 Continue" before a large body. (With it libcurl signs a request wrongly.)
  bool added = !request.awsSigV4Scope.empty() || append(list, "Expect:");
  for (const auto& [name, value] : request.headers) added = added && append(list, name + ": " + value);
  return added ? std::move(list) : nullptr;
}

void setMethod(CURL* handle, const HttpRequest& request) {
  if (request.method == Method::Get) {
    ::curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    return;
  }
  ::curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  ::curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());  // not copied
  if (request.method == Method::Put) ::curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "PUT");
}

void setRequest(CURL* handle, const HttpRequest& request, const HeaderList& headers) {
  ::curl_easy_setopt(handle, CURLOPT_URL, request.url.target().c_str());
  if (!request.awsSigV4Scope.empty()) ::curl_easy_setopt(handle, CURLOPT_AWS_SIGV4, request.awsSigV4Scope.c_str());
  if (!request.url.user.empty()) {
    ::curl_easy_setopt(handle, CURLOPT_USERNAME, request.url.user.c_str());
    ::curl_easy_setopt(handle, CURLOPT_PASSWORD, request.url.password.c_str());
  }
  ::curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  setMethod(handle, request);
}

CURLcode resultOf(CURLM* multi) {
  int left = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) return message->data.result;
  }
  return CURLE_FAILED_INIT;
}

// Runs the one transfer of `multi` to its end, or until the token fires.
CURLcode perform(CURLM* multi, const StopToken& stop) {
  curl_waitfd stopEvent{stop.descriptor(), CURL_WAIT_POLLIN, 0};
  const unsigned stopEvents = stopEvent.fd >= 0 ? 1 : 0;
  for (int running = 1; !stop.stopRequested();) {
    if (::curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
    if (running == 0) return resultOf(multi);
    if (::curl_multi_poll(multi, &stopEvent, stopEvents, kPollMilliseconds, nullptr) != CURLM_OK)
      return CURLE_FAILED_INIT;
  }
  return CURLE_ABORTED_BY_CALLBACK;
}

CURLcode performOne(CURL* handle, const StopToken& stop) {
  const auto multi = makeMultiHandle();
  if (multi == nullptr || ::curl_multi_add_handle(multi.get(), handle) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
  const auto result = perform(multi.get(), stop);
  ::curl_multi_remove_handle(multi.get(), handle);
  return result;
}

}  // namespace

Result<HttpAnswer> send(const HttpRequest& request, const StopToken& stop) {
  const auto handle = makeHandle();
  const auto headers = headerList(request);
  if (handle == nullptr || (headers == nullptr && !request.headers.empty()))
    return Error(ErrorCode::Unavailable, "libcurl cannot be initialized: out of memory?").in(request.url.origin());
  ReceivedAnswer received(request.maxKeptBodyBytes);
  received.collectFrom(handle.get());
  setConnection(handle.get(), request.connection);
  setRequest(handle.get(), request, headers);
  const auto result = performOne(handle.get(), stop);
  if (received.hasAllHeaders()) return received.takeAnswer();
  return curlError(handle.get(), result, request.connection).in(request.url.origin());
}

}  // namespace leptir::http
