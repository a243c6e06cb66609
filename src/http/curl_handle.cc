#include "http/curl_handle.h"

#include <sys/socket.h>

#include <algorithm>
#include <filesystem>

#include "leptir/version.h"

namespace leptir::http {
namespace {

bool initializeOnce() {
  static const CURLcode initialized = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  return initialized == CURLE_OK;
}

curl_socket_t openSocket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void setAuthorities(CURL* handle, const std::string& place) {
  if (place.empty()) return;
  std::error_code ignored;
  const bool isFolder = std::filesystem::is_directory(place, ignored);
  ::curl_easy_setopt(handle, CURLOPT_CAINFO, isFolder ? nullptr : place.c_str());
  ::curl_easy_setopt(handle, CURLOPT_CAPATH, isFolder ? place.c_str() : nullptr);
}

}  // namespace

Handle makeHandle() {
  return Handle(initializeOnce() ? ::curl_easy_init() : nullptr);
}

MultiHandle makeMultiHandle() {
  return MultiHandle(initializeOnce() ? ::curl_multi_init() : nullptr);
}

bool append(HeaderList& list, const std::string& line) {
  curl_slist* longer = ::curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return false;
  if (list == nullptr) list.reset(longer);  // else it still begins with the same element
  return true;
}

void setConnection(CURL* handle, const Connection& connection) {
  static const std::string agent = "leptir/" + std::string(kVersion);
  ::curl_easy_setopt(handle, CURLOPT_USERAGENT, agent.c_str());
  ::curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  ::curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, openSocket);
  ::curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  ::curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(connection.connectTimeout));
  ::curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, milliseconds(connection.timeout));
  ::curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  ::curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  ::curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  if (connection.proxies == Proxies::None) ::curl_easy_setopt(handle, CURLOPT_PROXY, "");
  setAuthorities(handle, connection.caFile);
}

long statusOf(CURL* handle) {
  long status = 0;
  ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

long milliseconds(Duration duration) {
  return static_cast<long>(std::max<std::int64_t>(1, duration / std::chrono::milliseconds(1)));
}

}  // namespace leptir::http
