#include "stack/readable_name.h"

#include <cxxabi.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <typeinfo>

#include "leptir/json.h"

namespace leptir::stack {
namespace {

template <class Type>
std::string nameOf() {
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(typeid(Type).name(), nullptr, nullptr, nullptr),
                                                    &std::free);
  return readableName(name.get());
}

TEST(ReadableName, WritesJsonAndStringInsteadOfTheirTemplates) {
  EXPECT_EQ(nameOf<Json>(), "leptir::Json");
  EXPECT_EQ((nameOf<Json (*)(const Json&, std::string, int)>()),
            "leptir::Json (*)(leptir::Json const&, std::string, int)");
}

TEST(ReadableName, LeavesOtherNamesAsTheyAre) {
  for (const std::string name : {"", "main", "nlohmann::basic_json<std::map", "basic_json<int>", "a<b>::basic_json<"}) {
    EXPECT_EQ(readableName(name), name);
  }
}

}  // namespace
}  // namespace leptir::stack
