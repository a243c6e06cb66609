// The small files beside a unit or script: the user of the service, and the rotation of its logs.
#pragma once

#include <string>

#include "service/service.h"

namespace leptir::service {

// A line for systemd-sysusers (sysusers.d(5)), which makes the user and a group of the same name.
std::string sysusersFile(const Service& service);

// The rotation of the log files of the configuration (logrotate(8)): of all files in the service's log folder if the
// configuration names none.
std::string logrotateFile(const Service& service);

}  // namespace leptir::service
