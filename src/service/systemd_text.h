// Text in a unit file of systemd: which characters must be written in another way so that they stand for themselves
// (systemd.service(5), systemd.syntax(7)).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace leptir::service {

// The first word of ExecStart=: systemd expands `%` in it, but no variables.
std::string escapedUnitProgram(const std::filesystem::path& program);
// Each further word of ExecStart=: systemd expands `%` and `$` in it.
std::string escapedUnitArgument(std::string_view argument);
// A path in a list such as ReadWritePaths=, of which systemd ignores that it is missing.
std::string escapedUnitOptionalPath(const std::filesystem::path& path);
// Text that goes to the end of its line, such as that of Description=. Control characters are escaped as in messages.
std::string escapedUnitLine(std::string_view text);

}  // namespace leptir::service
