// Which names a service and its user may have. The name of a service is used for a unit, a script, a pid file, folders
// and a file of logrotate, so it must be valid in all of these places.
#pragma once

#include <string_view>

#include "leptir/result.h"

namespace leptir::service {

// 1 to 64 letters, digits, '-' and '_' of ASCII, beginning with a letter or digit. Invalid: another name; the message
// says what is wrong and which name was probably meant.
Result<void> checkServiceName(std::string_view name);

// As useradd and systemd accept it: 1 to 31 letters, digits, '-' and '_' of ASCII, beginning with a letter or '_'; or a
// user number. Invalid: another name.
Result<void> checkUserName(std::string_view name);

}  // namespace leptir::service
