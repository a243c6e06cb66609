// Writes manual pages (roff, for man) from what --help says.
#pragma once

#include <string>
#include <vector>

#include "cli/program_text.h"

namespace leptir::cli {

struct ManualPage {
  std::string name;  // leptir, or leptir-push
  std::string text;
};

// The page of the program, which lists its commands, and the page of each command. All are of section 1.
std::vector<ManualPage> manualPages(const ProgramText& program);

}  // namespace leptir::cli
