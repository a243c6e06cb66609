#include "config/linked_backends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::config {
namespace {

TEST(LinkedBackends, AreThoseOfTheLibrariesThatTheProgramLinks) {
  std::vector<std::string_view> types;
  const auto backends = makeLinkedBackends();
  for (const auto& backend : backends) types.push_back(backend->type());
  EXPECT_THAT(types, testing::Contains("memory")) << "tests of this module link every backend of the build";
  for (const auto type : types) EXPECT_TRUE(isTypeOfLeptir(type)) << type;
}

TEST(LinkedBackends, ATypeIsLeptirsWhetherOrNotItIsLinked) {
  for (const auto* type : {"memory", "mongodb", "redis", "sqlite", "sqs"}) EXPECT_TRUE(isTypeOfLeptir(type));
  EXPECT_FALSE(isTypeOfLeptir("folder"));
}

}  // namespace
}  // namespace leptir::config
