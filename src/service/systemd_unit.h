// The systemd unit of a service.
#pragma once

#include <string>

#include "service/service.h"

namespace leptir::service {

// The text of `<name>.service`: Type=notify, a watchdog, reload by HUP, folders of its own, and as much hardening as
// tasks can stand that use the network, files and processes. Each setting that would make a reader ask has its reason
// above it. systemd 247 and newer know all of them.
std::string systemdUnit(const Service& service);

}  // namespace leptir::service
