// Whether a file that may be executed holds something that the kernel can execute.
#pragma once

#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir {

// Looks at the head of `file`, and from a script on at its interpreter, and that one's; at what `env` looks for in the
// folders of `path` (empty: not at that); at the loader of a binary. What is relative counts from `directory` (empty:
// from our own). Invalid: names what is missing. A file that cannot be read is not judged, nor a format that is not
// known here where the machine has handlers of its own for formats (binfmt_misc).
Result<void> checkFormat(const std::string& file, const std::string& directory, std::string_view path);

}  // namespace leptir
