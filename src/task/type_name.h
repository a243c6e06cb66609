// Readable names of C++ types.
#pragma once

#include <string>
#include <typeinfo>

namespace leptir::task {

// The demangled name, such as "app::Resize", without "(anonymous namespace)::".
std::string typeName(const std::type_info& type);

}  // namespace leptir::task
