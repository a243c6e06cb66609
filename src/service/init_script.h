// The /etc/init.d script of a service, for systems without systemd.
#pragma once

#include <string>

#include "service/service.h"

namespace leptir::service {

// The text of a script for any POSIX shell, with the actions start, stop, restart, reload, force-reload and status, and
// the lines and exit statuses of PHP leptir's script; the other exit statuses are those of the LSB. Without a user
// (Service::user empty) it runs the instance as the user who calls it.
std::string initScript(const Service& service);

// `text` as one word of a shell: in single quotes.
std::string shellWord(std::string_view text);
// The same for a command that is shown to people: without quotes where none are needed.
std::string shellQuotedIfNeeded(std::string_view text);

}  // namespace leptir::service
