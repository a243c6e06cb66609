// Merges two JSON objects as text, in time proportional to their size. Parts that are not merged stay unchanged byte
// for byte.
#pragma once

#include <string>
#include <string_view>

namespace leptir::meta {

// Merges like Zend merges PHP arrays: objects key by key, lists by appending; for other values `from` wins. The keys of
// `into` come first, in their order. Both arguments are valid JSON objects without repeated keys; keys are compared as
// written, without resolving escapes.
std::string mergeJsonObjects(std::string_view into, std::string_view from);

}  // namespace leptir::meta
