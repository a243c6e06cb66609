// Where the numbers of processes mean the same.
#pragma once

#include <string>

namespace leptir::base {

// One boot of one machine, and one namespace of processes: two processes with the same text here mean the same process
// by the same number. (Two containers may have the same host name.) Empty: it cannot be told.
std::string pidNamespace();

}  // namespace leptir::base
