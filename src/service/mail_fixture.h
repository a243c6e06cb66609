// For the tests of this module: a service that differs from the defaults in every name.
#pragma once

#include "service/service.h"

namespace leptir::service {

inline Service mail() {
  return {.name = "mail",
          .user = "postman",
          .group = "post",
          .program = "/usr/bin/leptir",
          .config = "/etc/mail.yaml",
          .pidFile = "/run/mail/mail.pid"};
}

}  // namespace leptir::service
