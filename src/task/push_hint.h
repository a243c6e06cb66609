// What a user meant who pushed `key=2` for a number: the shell's `key=text` is always text.
#pragma once

#include <string>
#include <string_view>

#include "leptir/json.h"

namespace leptir {

// `value` read as JSON, when that is anything but a string; else a discarded value.
Json jsonInText(const std::string& value);

// ". Pushed as seconds=2 it is text: push seconds:=2"
std::string pushHint(std::string_view name, const std::string& value);

}  // namespace leptir
