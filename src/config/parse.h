// Turns the text of a configuration file into a tree of nodes. Whatever the text is, the parsers end soon and throw
// nothing; they add the errors that they find.
#pragma once

#include <filesystem>
#include <string_view>

#include "config/errors.h"
#include "config/node.h"

namespace leptir::config {

// Both answer what they could read. It is the whole file only if no error was added.
Node parseYaml(std::string_view text, ConfigErrors& errors);
Node parseJsonNodes(std::string_view text, ConfigErrors& errors);

// Chooses the parser: JSON if the file's name ends with .json or, unless it ends with .yaml or .yml, if the text begins
// with a brace. Refuses invalid UTF-8 and control characters before either parser sees them.
Node parseConfigText(std::string_view text, const std::filesystem::path& file, ConfigErrors& errors);

}  // namespace leptir::config
