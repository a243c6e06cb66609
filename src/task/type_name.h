// Names of C++ types as their programmer wrote them.
#pragma once

#include <string>
#include <typeinfo>

namespace leptir {

// "app::Resize"; without the words that a compiler puts in place of an unnamed namespace.
std::string typeName(const std::type_info& type);

}  // namespace leptir
