#include "http/http_url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "http/ascii.h"

namespace leptir::http {
namespace {

constexpr std::size_t kMaxUrlBytes = 4096;

struct FreeUrl {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};
using ParsedUrl = std::unique_ptr<CURLU, FreeUrl>;

Error invalidUrl(std::string_view what) {
  return Error(ErrorCode::Invalid, "must be an address like https://errors.example.org/path, but " + std::string(what));
}

bool hasSpaceOrControl(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

// Empty: the URL does not have the part.
std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (::curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  ::curl_free(text);
  return copy;
}

Result<ParsedUrl> parseWithCurl(std::string_view text) {
  if (text.empty()) return invalidUrl("it is empty");
  if (text.size() > kMaxUrlBytes) return invalidUrl("it is longer than 4096 bytes");
  if (hasSpaceOrControl(text)) return invalidUrl("it contains a space or a control character");
  const auto scheme = lowerCase(text.substr(0, text.find(':')));
  const bool isHttp = scheme == "http" || scheme == "https";
  if (!isHttp || !text.substr(scheme.size()).starts_with("://"))
    return invalidUrl("it does not begin with https:// or http://");
  if (text.substr(scheme.size() + 3).starts_with('/'))
    return invalidUrl("it has no valid host name");  // libcurl would skip the slash
  ParsedUrl url(::curl_url());
  if (url == nullptr) return Error(ErrorCode::Unavailable, "out of memory");
  const auto failure = ::curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0);
  if (failure == CURLUE_BAD_PORT_NUMBER) return invalidUrl("its port is no number from 1 to 65535");
  if (failure == CURLUE_NO_HOST || failure == CURLUE_BAD_HOSTNAME) return invalidUrl("it has no valid host name");
  if (failure != CURLUE_OK) return invalidUrl("it is malformed (" + std::string(::curl_url_strerror(failure)) + ")");
  return url;
}

}  // namespace

std::string HttpUrl::origin() const {
  return scheme + "://" + host + (port.empty() ? "" : ":" + port);
}

std::string HttpUrl::target() const {
  return origin() + path + (query.empty() ? "" : "?" + query);
}

Result<HttpUrl> parseHttpUrl(std::string_view text) {
  const auto url = parseWithCurl(text);
  if (!url) return url.error();
  HttpUrl result{.scheme = part(url->get(), CURLUPART_SCHEME),
                 .user = part(url->get(), CURLUPART_USER, CURLU_URLDECODE),
                 .password = part(url->get(), CURLUPART_PASSWORD, CURLU_URLDECODE),
                 .host = part(url->get(), CURLUPART_HOST),
                 .port = part(url->get(), CURLUPART_PORT),
                 .path = part(url->get(), CURLUPART_PATH),
                 .query = part(url->get(), CURLUPART_QUERY)};
  if (result.host.empty()) return invalidUrl("it has no valid host name");
  if (result.port == "0") return invalidUrl("its port is no number from 1 to 65535");
  if (!part(url->get(), CURLUPART_FRAGMENT).empty()) return invalidUrl("it has a part behind '#'");
  return result;
}

}  // namespace leptir::http
