#include "task/type_name.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string_view>

namespace leptir::task {

std::string typeName(const std::type_info& type) {
  static constexpr std::string_view kUnnamed = "(anonymous namespace)::";
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> readable(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                        std::free);
  std::string name = readable ? readable.get() : type.name();
  for (auto at = name.find(kUnnamed); at != std::string::npos; at = name.find(kUnnamed))
    name.erase(at, kUnnamed.size());
  return name;
}

}  // namespace leptir::task
