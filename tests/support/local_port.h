// For tests: a TCP port of this machine that a test connects to, or takes from others.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/unique_fd.h"

namespace leptir {

class LocalPort {
 public:
  explicit LocalPort(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_port = htons(static_cast<std::uint16_t>(port));
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  // Connects to the port; the connection ends with the object.
  bool isListenedTo() const { return ::connect(socket_.get(), address(), sizeof address_) == 0; }
  // Ends the connection, and waits until the other side has ended it as well.
  void hangUp() const {
    ::shutdown(socket_.get(), SHUT_WR);
    char byte = 0;
    while (::recv(socket_.get(), &byte, 1, 0) > 0) continue;
  }
  // Listens on the port as long as the object lives.
  bool take() const {
    const int yes = 1;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return ::bind(socket_.get(), address(), sizeof address_) == 0 && ::listen(socket_.get(), 1) == 0;
  }

 private:
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&address_); }

  base::UniqueFd socket_;
  sockaddr_in address_{};
};

}  // namespace leptir
