// The name of this machine, for records and for operators.
#pragma once

#include <string>

namespace leptir::base {

// The name that gethostname(2) returns; empty if it fails.
std::string hostName();

}  // namespace leptir::base
