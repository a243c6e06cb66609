// What `leptir install` says on stderr of a service that would not do what its user may expect.
#pragma once

#include "cli/command_line.h"
#include "cli/install_service.h"

namespace leptir::cli {

void printInstallNotices(const InstallCommand& command, const DescribedService& described);

}  // namespace leptir::cli
