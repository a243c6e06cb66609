#include "http/received_answer.h"

#include <algorithm>
#include <string_view>

#include "http/ascii.h"
#include "http/curl_handle.h"

namespace leptir::http {
namespace {

constexpr std::size_t kMaxHeaderBytes = 16 * 1024;
// A server that asks for a longer pause is asked again after this time, in seconds: it must not silence its clients for
// good.
constexpr curl_off_t kMaxRetryAfterSeconds = 86400;

}  // namespace

void ReceivedAnswer::collectFrom(CURL* handle) {
  handle_ = handle;
  ::curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, onHeader);
  ::curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
  ::curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, onBody);
  ::curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
}

std::size_t ReceivedAnswer::onHeader(const char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<ReceivedAnswer*>(to)->addLine({bytes, size * count});
  return size * count;
}

// Ends the request once enough is there: a body may be endless.
std::size_t ReceivedAnswer::onBody(const char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& answer = *static_cast<ReceivedAnswer*>(to);
  auto& body = answer.answer_.body;
  body.append(bytes, std::min(size * count, answer.maxKeptBodyBytes_ - body.size()));
  answer.isBodyTooLarge_ = body.size() >= answer.maxKeptBodyBytes_;
  return answer.isBodyTooLarge_ ? 0 : size * count;
}

// An answer with a status below 200 announces another one.
void ReceivedAnswer::addLine(std::string_view line) {
  if (hasAllHeaders_) return;  // a trailer behind the body
  if (line.starts_with("HTTP/")) {
    hasStatusLine_ = true;
    answer_.headers.clear();
  } else if (trimmed(line).empty()) {
    hasAllHeaders_ = statusOf(handle_) >= 200;
  } else {
    addHeader(line);
  }
}

void ReceivedAnswer::addHeader(std::string_view line) {
  headerBytes_ += line.size();
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || headerBytes_ > kMaxHeaderBytes) return;
  auto& value = answer_.headers[lowerCase(trimmed(line.substr(0, colon)))];
  if (!value.empty()) value += ", ";
  value += trimmed(line.substr(colon + 1));
}

HttpAnswer ReceivedAnswer::takeAnswer() {
  answer_.status = static_cast<int>(statusOf(handle_));
  curl_off_t seconds = 0;
  ::curl_easy_getinfo(handle_, CURLINFO_RETRY_AFTER, &seconds);
  if (seconds > 0) answer_.retryAfter = std::chrono::seconds(std::min<curl_off_t>(seconds, kMaxRetryAfterSeconds));
  return std::move(answer_);
}

}  // namespace leptir::http
