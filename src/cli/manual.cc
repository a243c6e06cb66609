// leptir manual, leptir completion
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "cli/print.h"

namespace leptir::cli {

int runCommand(const PrintCommand& command, const Program&) {
  std::cout << command.text;
  return base::kExitDone;
}

int runCommand(const WritePagesCommand& command, const Program&) {
  std::error_code error;
  std::filesystem::create_directories(command.folder, error);
  for (const auto& page : command.pages) {
    const auto file = command.folder / (page.name + ".1");
    if (std::ofstream(file) << page.text << std::flush) continue;
    printNotice("cannot write the manual page {}: {}", file.string(), std::strerror(errno));
    return base::kExitPartlyDone;
  }
  return base::kExitDone;
}

}  // namespace leptir::cli
