#include "base/host_name.h"

#include <unistd.h>

namespace leptir::base {

std::string hostName() {
  char name[256] = {};  // HOST_NAME_MAX is 64 on Linux; the last byte stays zero
  ::gethostname(name, sizeof name - 1);
  return name;
}

}  // namespace leptir::base
