// For tests: a new TCP socket.
#pragma once

#include <sys/socket.h>

#include <stdexcept>

#include "base/unique_fd.h"

namespace leptir {

inline base::UniqueFd tcpSocket() {
  base::UniqueFd made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made) throw std::runtime_error("no TCP socket for a test");
  return made;
}

}  // namespace leptir
