// leptir's own backends. Each is a library of its own (leptir::memory, leptir::redis, leptir::sqlite), and a program
// links those that it needs (docs/adr/a-library-for-each-backend.md).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/spi/backend.h"

namespace leptir::config {

// Makes a new object of each backend that this program is linked with, in alphabetical order of their types.
std::vector<std::unique_ptr<Backend>> makeLinkedBackends();

// Whether `type` is that of a backend of leptir, linked or not.
bool isTypeOfLeptir(std::string_view type);

// Says that this program lacks the backend of leptir with this type, and which library to link.
std::string notLinkedMessage(std::string_view type);

}  // namespace leptir::config
