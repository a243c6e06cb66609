// Merges two JSON objects as text: the time it takes grows with their size, not with its square, and whatever is not
// merged stays byte for byte as it was.
#pragma once

#include <string>
#include <string_view>

namespace leptir {

// As Zend merges arrays: objects key by key, lists one after the other; of anything else the value of `from` stands.
// The keys of `into` come first, in its order. Both are valid JSON objects whose keys do not repeat; keys are compared
// as they are written.
std::string mergeJsonObjects(std::string_view into, std::string_view from);

}  // namespace leptir
