#include "reporters/http_request.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "leptir/version.h"
#include "reporters/ascii.h"
#include "reporters/curl_error.h"

namespace leptir::reporters {
namespace {

constexpr std::size_t kKeptBody = 1024;
constexpr std::size_t kKeptHeaders = 16 * 1024;
constexpr int kPollMilliseconds = 1000;
// A server that asks for a longer pause is asked again after this time, in seconds: it must not silence a reporter for
// good.
constexpr curl_off_t kLongestRetryAfter = 86400;

template <auto function>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
using Handle = std::unique_ptr<CURL, FreeBy<::curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, FreeBy<::curl_multi_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, FreeBy<::curl_slist_free_all>>;

// What the callbacks of libcurl have received so far.
struct Received {
  CURL* handle = nullptr;
  HttpAnswer answer;
  std::size_t headerBytes = 0;
  bool headersComplete = false;
};

long statusOf(CURL* handle) {
  long status = 0;
  ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

void addHeader(std::string_view line, Received& received) {
  received.headerBytes += line.size();
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || received.headerBytes > kKeptHeaders) return;
  auto& value = received.answer.headers[lowerCase(trimmed(line.substr(0, colon)))];
  if (!value.empty()) value += ", ";
  value += trimmed(line.substr(colon + 1));
}

// An answer with a status below 200 announces another one.
std::size_t onHeader(const char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& received = *static_cast<Received*>(to);
  const std::string_view line(bytes, size * count);
  if (received.headersComplete) return line.size();  // a trailer behind the body
  if (line.starts_with("HTTP/")) {
    received.answer.headers.clear();
  } else if (trimmed(line).empty()) {
    received.headersComplete = statusOf(received.handle) >= 200;
  } else {
    addHeader(line, received);
  }
  return line.size();
}

// Ends the transfer once enough is there: a body may be endless.
std::size_t onBody(const char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& body = static_cast<Received*>(to)->answer.body;
  body.append(bytes, std::min(size * count, kKeptBody - body.size()));
  return body.size() < kKeptBody ? size * count : 0;
}

// Null: out of memory.
HeaderList headerList(const HttpRequest& request) {
  HeaderList list;
  const auto add = [&list](const std::string& line) {
    curl_slist* longer = ::curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(list.release());  // the longer list has it
    list.reset(longer);
    return true;
  };
  bool added = add("Expect:");  // else libcurl would wait for "100 Continue" before it sends a large body
  for (const auto& [name, value] : request.headers) added = added && add(name + ": " + value);
  return added ? std::move(list) : nullptr;
}

long milliseconds(Duration duration) {
  return static_cast<long>(std::max<std::int64_t>(1, duration / std::chrono::milliseconds(1)));
}

void setConnection(CURL* handle, const HttpRequest& request) {
  ::curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  ::curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  ::curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.connectTimeout));
  ::curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, milliseconds(request.timeout));
  ::curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  ::curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  ::curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  if (request.caFile.empty()) return;
  ::curl_easy_setopt(handle, CURLOPT_CAINFO, request.caFile.c_str());
  ::curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
}

void setContent(CURL* handle, const HttpRequest& request, const HeaderList& headers, Received& received) {
  static const std::string agent = "leptir/" + std::string(kVersion);
  ::curl_easy_setopt(handle, CURLOPT_URL, request.url.target().c_str());
  if (!request.url.user.empty()) {
    ::curl_easy_setopt(handle, CURLOPT_USERNAME, request.url.user.c_str());
    ::curl_easy_setopt(handle, CURLOPT_PASSWORD, request.url.password.c_str());
  }
  ::curl_easy_setopt(handle, CURLOPT_USERAGENT, agent.c_str());
  ::curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  ::curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  ::curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());  // not copied
  ::curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, onHeader);
  ::curl_easy_setopt(handle, CURLOPT_HEADERDATA, &received);
  ::curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, onBody);
  ::curl_easy_setopt(handle, CURLOPT_WRITEDATA, &received);
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
  const MultiHandle multi(::curl_multi_init());
  if (multi == nullptr || ::curl_multi_add_handle(multi.get(), handle) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
  const auto result = perform(multi.get(), stop);
  ::curl_multi_remove_handle(multi.get(), handle);
  return result;
}

HttpAnswer answerFrom(Received received) {
  received.answer.status = static_cast<int>(statusOf(received.handle));
  curl_off_t seconds = 0;
  ::curl_easy_getinfo(received.handle, CURLINFO_RETRY_AFTER, &seconds);
  if (seconds > 0) received.answer.retryAfter = std::chrono::seconds(std::min<curl_off_t>(seconds, kLongestRetryAfter));
  return std::move(received.answer);
}

}  // namespace

Result<HttpAnswer> post(const HttpRequest& request, const StopToken& stop) {
  static const CURLcode initialized = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  const Handle handle(initialized == CURLE_OK ? ::curl_easy_init() : nullptr);
  const auto headers = headerList(request);
  if (handle == nullptr || headers == nullptr)
    return Error(ErrorCode::Unavailable, "libcurl cannot be initialized: out of memory?").in(request.url.origin());
  Received received{.handle = handle.get()};
  setConnection(handle.get(), request);
  setContent(handle.get(), request, headers, received);
  const auto result = performOne(handle.get(), stop);
  if (received.headersComplete) return answerFrom(std::move(received));
  return curlError(handle.get(), result, request);
}

}  // namespace leptir::reporters
