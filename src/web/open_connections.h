// The open connections of a server, and since when each waits for a request or for the end of its response. Decides
// which of them to close, so that slow and idle clients never keep others out. Uses no socket itself.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "leptir/clock.h"

namespace leptir::web {

struct Limits {
  std::size_t connections = 1024;                    // one more hangs up the one that has waited longest
  std::size_t headerBytes = 16 * 1024;               // request line and headers
  std::size_t pageBytesInFlight = 64 * 1024 * 1024;  // memory of all pages that clients have not taken yet
  Duration firstRequest = std::chrono::seconds(10);  // from the connection until its first request is whole
  Duration nextRequest = std::chrono::seconds(75);   // longer than the usual interval of scrapes
  Duration response = std::chrono::seconds(30);      // until the client has taken it
};

// For use by one thread. `socket` is the number of a connection's descriptor.
class OpenConnections {
 public:
  explicit OpenConnections(const Limits& limits) : limits_(limits) {}

  void onOpened(int socket, BootTime now);
  // The request of this connection is complete; its response is being sent.
  void onRequestReceived(int socket, BootTime now);
  // The response was sent, or could not be.
  void onResponseEnded(int socket, BootTime now);
  void onClosed(int socket);

  // The connections to close now: those whose time is over and, if more than Limits::connections are open, those that
  // have waited longest. Returns each connection once.
  std::vector<int> connectionsToClose(BootTime now);
  // When the time of the next connection will be over; max: no connection is open.
  BootTime next() const;
  std::size_t size() const { return connections_.size(); }

 private:
  struct Connection {
    BootTime since{};  // when its present state began
    BootTime until{};  // when that state must have ended
    bool isClosing = false;
  };
  void enter(int socket, BootTime now, Duration longest);

  const Limits limits_;
  std::map<int, Connection> connections_;
};

}  // namespace leptir::web
