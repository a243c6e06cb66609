#include "web/open_connections.h"

#include <algorithm>

namespace leptir::web {

void OpenConnections::onOpened(int socket, BootTime now) {
  connections_[socket] = {.since = now, .until = now + limits_.firstRequest};
}

void OpenConnections::enter(int socket, BootTime now, Duration longest) {
  const auto found = connections_.find(socket);
  if (found == connections_.end()) return;
  found->second.since = now;
  found->second.until = now + longest;
}

void OpenConnections::onRequestReceived(int socket, BootTime now) {
  enter(socket, now, limits_.response);
}

void OpenConnections::onResponseEnded(int socket, BootTime now) {
  enter(socket, now, limits_.nextRequest);
}

void OpenConnections::onClosed(int socket) {
  connections_.erase(socket);
}

std::vector<int> OpenConnections::connectionsToClose(BootTime now) {
  std::vector<int> sockets;
  std::vector<std::pair<BootTime, int>> others;
  for (auto& [socket, connection] : connections_) {
    if (connection.isClosing) continue;
    if (now >= connection.until) {
      sockets.push_back(socket);
    } else {
      others.emplace_back(connection.since, socket);
    }
  }
  if (others.size() > limits_.connections) {
    std::ranges::sort(others);
    others.resize(others.size() - limits_.connections);
    for (const auto& [since, socket] : others) sockets.push_back(socket);
  }
  for (const int socket : sockets) connections_[socket].isClosing = true;
  return sockets;
}

BootTime OpenConnections::next() const {
  auto next = BootTime::max();
  for (const auto& [socket, connection] : connections_) {
    if (!connection.isClosing) next = std::min(next, connection.until);
  }
  return next;
}

}  // namespace leptir::web
