// Where a server of leptir listens, as a configuration writes it: "127.0.0.1:9464", "[::1]:9464", "localhost:9464" or
// "unix:/run/leptir/metrics.sock".
#pragma once

#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir::base {

struct ListenAddress {
  std::string host{};  // a name or a number, an IPv6 address without its brackets; empty: a Unix socket
  int port = 0;        // 1 to 65535; 0: a Unix socket
  std::string path{};  // of a Unix socket, absolute; empty: `host` and `port`

  bool isUnix() const { return !path.empty(); }
  // The address as a configuration writes it.
  std::string text() const;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// Invalid: the text is no such address. The message says how to write one, and does not contain the text, which may be
// a secret that stands at the wrong place.
Result<ListenAddress> parseListenAddress(std::string_view text);

// Whether only this machine can connect to the address, as far as its text says: a Unix socket, 127.0.0.0/8, ::1 and
// localhost.
bool isLocalOnly(const ListenAddress& address);

}  // namespace leptir::base
