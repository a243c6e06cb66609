// What `leptir install` knows of the service that it installs: its options, completed from the configuration.
#pragma once

#include "cli/command_line.h"
#include "leptir/program.h"
#include "leptir/result.h"
#include "service/service.h"

namespace leptir::cli {

// Invalid: a name of a service or user that is none, or a relative --program.
Result<void> checkInstallOptions(const InstallCommand& command);

// A configuration whose variables are not set, or whose ${file:…} is not there yet, is read without these values: they
// may exist only for the service. One that is missing altogether is an error, unless the files are only printed or go
// below --root: then the defaults hold.
struct DescribedService {
  service::Service service;
  bool configNotFound = false;
};

// Call it with options that checkInstallOptions accepts. Invalid: the program was removed meanwhile, or mistakes in the
// configuration, one line each. NotFound: there is no such configuration.
Result<DescribedService> describeService(const InstallCommand& command, const Program& program);

}  // namespace leptir::cli
