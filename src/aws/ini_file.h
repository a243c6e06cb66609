// The files of the AWS tools (~/.aws/config, ~/.aws/credentials), as these read them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir::aws {

using IniSection = std::map<std::string, std::string>;  // by key, in lower case
using IniSections = std::map<std::string, IniSection>;  // by the text between [ and ]

// Lines are `[section]`, `key = value` or `key: value`, or comments that begin with # or ;. An indented line belongs to
// the value of the key above it (with a line feed in between), so that the keys of a nested section are not taken for
// those of the section. A section that is there twice has the keys of both; of two equal keys the last one counts.
// Invalid: another line; the message says which and never quotes it.
Result<IniSections> parseIni(std::string_view text);

// The sections of a file; none if there is no such file. The messages begin with the path.
Result<IniSections> readIniFile(const std::filesystem::path& file);

}  // namespace leptir::aws
