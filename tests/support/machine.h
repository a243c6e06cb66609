// For tests: asks for features that a machine may lack, so that a test can be skipped.
#pragma once

#include <netdb.h>

#include <string>

namespace leptir {

// Whether the name can be resolved: a minimal system has no /etc/hosts and does not know even `localhost`.
inline bool isNameKnownHere(const std::string& name) {
  addrinfo* found = nullptr;
  if (::getaddrinfo(name.c_str(), nullptr, nullptr, &found) != 0) return false;
  ::freeaddrinfo(found);
  return true;
}

}  // namespace leptir
