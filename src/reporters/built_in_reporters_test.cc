#include "reporters/built_in_reporters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::reporters {
namespace {

using ::testing::HasSubstr;

TEST(BuiltInReporters, AreNamedByTheirTypeAlone) {
  ReporterRegistry registry;
  addBuiltInReporters(registry);
  EXPECT_EQ(registry.builtInTypes(), (std::vector<std::string>{"http", "sentry"}));
  EXPECT_EQ(registry.names(), std::vector<std::string>());
  EXPECT_EQ(registry.find("http"), nullptr) << "a class of the program may have this name";
}

#if LEPTIR_HAS_CURL

TEST(BuiltInReporters, CheckTheirOptionsAndAreMadeOfThem) {
  ReporterRegistry registry;
  addBuiltInReporters(registry);
  const auto* sentry = registry.findBuiltIn("sentry");
  const auto wrong = sentry->check({{"dsn", "x"}});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("'dsn' must be a DSN"));
  const Json good{{"dsn", "https://key@sentry.example.org/42"}};
  EXPECT_TRUE(sentry->check(good));
  EXPECT_NE(sentry->make(good), nullptr);
  EXPECT_NE(registry.findBuiltIn("http")->make({{"url", "https://errors.example.org/"}}), nullptr);
}

#else

TEST(BuiltInReporters, SayThatThisBuildLacksLibcurl) {
  ReporterRegistry registry;
  addBuiltInReporters(registry);
  for (const auto* type : {"http", "sentry"}) {
    const auto checked = registry.findBuiltIn(type)->check(Json::object());
    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().message(), HasSubstr("this build has no libcurl"));
  }
}

#endif

}  // namespace
}  // namespace leptir::reporters
