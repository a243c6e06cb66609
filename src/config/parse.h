// Text of a configuration file → tree of nodes. Whatever the text is, the parsers end quickly and throw nothing;
// mistakes they find are added.
#pragma once

#include <filesystem>
#include <string_view>

#include "config/mistakes.h"
#include "config/node.h"

namespace leptir {

// Both answer what they could read; only if `mistakes` is still empty is that the whole file.
Node parseYaml(std::string_view text, Mistakes& mistakes);
Node parseJsonNodes(std::string_view text, Mistakes& mistakes);

// The one that fits: JSON when the file's name ends with .json or, unless it ends with .yaml or .yml, when the text
// begins with a brace. Refuses bytes that are no UTF-8 and control characters before either parser sees them.
Node parseConfigText(std::string_view text, const std::filesystem::path& file, Mistakes& mistakes);

}  // namespace leptir
