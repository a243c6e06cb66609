#include "leptir/reporter_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Silent : public ErrorReporter {
 public:
  void addErrorData(const Json&) override {}
  void reportException(const ThrownError&) override {}
  void reportMessage(const std::string&) override {}
};

class WithOptions final : public Silent {
 public:
  explicit WithOptions(const Json& given) : options(given) {}
  static Result<void> checkOptions(const Json& options) {
    if (options.contains("url")) return {};
    return Error(ErrorCode::Invalid, "the key 'url' is missing");
  }
  const Json options;
};

TEST(ReporterRegistry, MakesAReporterFromItsOptionsWhereItTakesThem) {
  ReporterRegistry reporters;
  reporters.add<Silent>("plain");
  reporters.add<WithOptions>("options");
  ASSERT_NE(reporters.find("plain"), nullptr);
  EXPECT_NE(reporters.find("plain")->make({}), nullptr);
  const auto made = reporters.find("options")->make({{"url", "u"}});
  EXPECT_EQ(dynamic_cast<const WithOptions&>(*made).options.at("url"), "u");
  EXPECT_THAT(reporters.names(), ElementsAre("options", "plain"));
}

TEST(ReporterRegistry, ChecksOptionsWhereTheClassCan) {
  ReporterRegistry reporters;
  reporters.add<Silent>("plain");
  reporters.add<WithOptions>("options");
  EXPECT_FALSE(reporters.find("plain")->check);
  EXPECT_TRUE(reporters.find("options")->check({{"url", "u"}}));
  EXPECT_EQ(reporters.find("options")->check({}).error().message(), "the key 'url' is missing");
}

TEST(ReporterRegistry, RefusesTwoOfOneName) {
  ReporterRegistry reporters;
  reporters.add<Silent>("a");
  reporters.add<WithOptions>("a");
  EXPECT_THAT(reporters.mistakes(), ElementsAre("two error reporters have the name 'a': rename one of them"));
  EXPECT_NE(dynamic_cast<Silent*>(reporters.find("a")->make({}).get()), nullptr) << "the first one stays";
}

TEST(ReporterRegistry, RefusesNamesThatCannotBeWrittenInAConfiguration) {
  ReporterRegistry reporters;
  reporters.add<Silent>("");
  reporters.add<Silent>("a\nb");
  reporters.add<Silent>(std::string(256, 'x'));
  EXPECT_THAT(reporters.mistakes(), ElementsAre(HasSubstr("without a name"), HasSubstr("'a\\nb'"), HasSubstr("255")));
  EXPECT_TRUE(reporters.names().empty());
}

TEST(ReporterRegistry, KeepsBuiltInTypesApartFromTheProgramsNames) {
  ReporterRegistry reporters;
  reporters.addBuiltIn("http", [](const Json&) { return std::make_unique<Silent>(); }, {});
  reporters.add<Silent>("http");
  EXPECT_TRUE(reporters.mistakes().empty());
  EXPECT_EQ(reporters.find("sentry"), nullptr);
  EXPECT_NE(reporters.findBuiltIn("http"), nullptr);
  EXPECT_THAT(reporters.builtInTypes(), ElementsAre("http"));
}

}  // namespace
}  // namespace leptir
