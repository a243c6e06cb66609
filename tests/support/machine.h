// What a machine may lack, so that a test can say so and be skipped.
#pragma once

#include <netdb.h>

#include <string>

namespace leptir {

// A minimal system has no /etc/hosts, and then not even `localhost` is a name.
inline bool isNameKnownHere(const std::string& name) {
  addrinfo* found = nullptr;
  if (::getaddrinfo(name.c_str(), nullptr, nullptr, &found) != 0) return false;
  ::freeaddrinfo(found);
  return true;
}

}  // namespace leptir
