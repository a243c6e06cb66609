#include "base/listen_address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace leptir::base {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::size_t kMaxHostBytes = 253;                                      // of a name in the DNS
constexpr std::size_t kMaxSocketPathBytes = sizeof(sockaddr_un::sun_path) - 1;  // 107 bytes
constexpr std::string_view kExamples = ": write it as 127.0.0.1:9464, [::1]:9464 or unix:/run/leptir/metrics.sock";

Error refuse(std::string_view why) {
  return Error(ErrorCode::Invalid, std::string(why).append(kExamples));
}

std::optional<int> portOf(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && port >= 1 && port <= 65535 ? std::optional(port) : std::nullopt;
}

bool isIpv6(const std::string& host) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

// A name, or an IPv4 address. Underscores stand in names of containers.
bool isHost(std::string_view host) {
  const auto isOfHosts = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  };
  return !host.empty() && host.size() <= kMaxHostBytes && std::ranges::all_of(host, isOfHosts);
}

Result<ListenAddress> parseUnix(std::string_view path) {
  if (!path.starts_with('/')) return refuse("the path of a Unix socket must be absolute");
  if (path.size() > kMaxSocketPathBytes)
    return Error(ErrorCode::Invalid, "the path of a Unix socket may have at most " +
                                         std::to_string(kMaxSocketPathBytes) + " bytes, and this one has " +
                                         std::to_string(path.size()));
  if (path.find('\0') != std::string_view::npos) return refuse("the path of a Unix socket holds a zero byte");
  return ListenAddress{.path = std::string(path)};
}

}  // namespace

std::string ListenAddress::text() const {
  if (isUnix()) return std::string(kUnixPrefix) + path;
  const bool bracketed = host.find(':') != std::string::npos;
  return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ListenAddress> parseListenAddress(std::string_view text) {
  if (text.starts_with(kUnixPrefix)) return parseUnix(text.substr(kUnixPrefix.size()));
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("it needs an address and a port");
  auto host = std::string(text.substr(0, colon));
  const auto port = portOf(text.substr(colon + 1));
  if (!port) return refuse("its port must be a number from 1 to 65535");
  if (host.empty())
    return refuse("it needs an address before the port (127.0.0.1 for this machine alone, 0.0.0.0 for all machines)");
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (!isIpv6(host)) return refuse("what stands in brackets is no IPv6 address");
    return ListenAddress{.host = std::move(host), .port = *port};
  }
  if (isIpv6(host)) return refuse("an IPv6 address must stand in brackets");
  if (!isHost(host)) return refuse("its address is neither a number nor a name of a host");
  return ListenAddress{.host = std::move(host), .port = *port};
}

bool isLocalOnly(const ListenAddress& address) {
  if (address.isUnix() || address.host == "localhost") return true;
  in_addr four{};
  if (::inet_pton(AF_INET, address.host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  in6_addr six{};
  return ::inet_pton(AF_INET6, address.host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

}  // namespace leptir::base
