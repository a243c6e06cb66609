// `error_reporting` of the configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_test_support.h"

namespace leptir::config {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

class NoReporter final : public ErrorReporter {
 public:
  explicit NoReporter(const Json&) {}
  static Result<void> checkOptions(const Json& options) {
    if (!options.contains("bad")) return {};
    return Error(ErrorCode::Invalid, "unknown option 'bad'");
  }
  void addErrorData(const Json&) override {}
  void reportException(const ThrownError&) override {}
  void reportMessage(const std::string&) override {}
};

ReporterRegistry reporters() {
  ReporterRegistry registry;
  registry.add<NoReporter>("Application.ErrorReporting");
  registry.add<NoReporter>("Mail");
  registry.addBuiltIn(
      "http", [](const Json& options) { return std::make_unique<NoReporter>(options); },
      [](const Json& options) {
        return options.contains("url") ? Result<void>() : Error(ErrorCode::Invalid, "needs the key 'url'");
      });
  return registry;
}

Result<Config> read(std::string_view text, const ReporterRegistry& registry = reporters()) {
  return readConfig(withBroker(text), "/f.yaml", fakeBackends(), &registry);
}

std::string mistakesIn(std::string_view text, const ReporterRegistry& registry = reporters()) {
  const auto config = read(text, registry);
  if (config) return "";
  return config.error().message().substr(std::string("/f.yaml:").size());
}

TEST(ErrorReportingSection, ReadsSeveralReportersWithTheirSettings) {
  const auto config = read(
      "error_reporting:\n"
      "  - class: Application.ErrorReporting\n"
      "  - {type: http, name: hook, options: {url: \"http://x\", headers: {a: b}}, redact: [iban], time_limit: 2.5}\n");
  ASSERT_TRUE(config) << config.error().message();
  ASSERT_EQ(config->errorReporters.size(), 2u);
  const auto& own = config->errorReporters[0];
  EXPECT_EQ(own.className, "Application.ErrorReporting");
  EXPECT_EQ(own.name, "Application.ErrorReporting");
  EXPECT_EQ(own.timeLimit, 30s);
  EXPECT_EQ(own.options, Json::object());
  const auto& hook = config->errorReporters[1];
  EXPECT_EQ(hook.type, "http");
  EXPECT_EQ(hook.name, "hook");
  EXPECT_EQ(hook.options.at("headers").at("a"), "b");
  EXPECT_EQ(hook.redact, std::vector<std::string>{"iban"});
  EXPECT_EQ(hook.timeLimit, 2500ms);
}

TEST(ErrorReportingSection, IsEmptyWithoutTheKeyOrWithAnEmptyList) {
  EXPECT_TRUE(read("")->errorReporters.empty());
  EXPECT_TRUE(read("error_reporting: []")->errorReporters.empty());
}

TEST(ErrorReportingSection, RefusesAClassThatTheProgramDoesNotHave) {
  EXPECT_EQ(mistakesIn("error_reporting: [{class: Maill}]"),
            "2: this program has no error reporter 'Maill': it has Application.ErrorReporting, Mail; did you mean "
            "'Mail'?");
  EXPECT_EQ(mistakesIn("error_reporting: [{class: Mail}]", ReporterRegistry()),
            "2: this program has no error reporter 'Mail': start the program that registers it "
            "(program.reporters.add<Reporter>(\"NAME\") before runMain)");
}

TEST(ErrorReportingSection, RefusesAnUnknownType) {
  EXPECT_EQ(mistakesIn("error_reporting: [{type: htp}]"),
            "2: unknown type 'htp' of an error reporter: this build has http; did you mean 'http'?");
  EXPECT_EQ(mistakesIn("error_reporting: [{type: Mail}]"),
            "2: unknown type 'Mail' of an error reporter: this build has http; the program's own reporters are named "
            "by 'class: Mail'");
  EXPECT_THAT(mistakesIn("error_reporting: [{type: http}]", ReporterRegistry()), HasSubstr("this build has none"));
}

TEST(ErrorReportingSection, RefusesTwoReportersOfOneName) {
  EXPECT_EQ(mistakesIn("error_reporting:\n  - class: Mail\n  - class: Mail"),
            "4: this error reporter has the same name as the one in line 3: give one of them a 'name' of its own, or "
            "leave it out");
  EXPECT_EQ(mistakesIn("error_reporting:\n  - class: Mail\n  - {class: Mail, name: second}"), "");
}

TEST(ErrorReportingSection, NeedsEitherAClassOrAType) {
  const std::string needed =
      "2: error reporter 1 needs either a 'class' (an error reporter that the program registered) or a 'type' (one of "
      "leptir's own)";
  EXPECT_EQ(mistakesIn("error_reporting: [{name: x}]"), needed);
  EXPECT_EQ(mistakesIn("error_reporting: [{class: Mail, type: http}]"), needed);
}

TEST(ErrorReportingSection, SaysWhatIsWrongWithOptionsAtTheirLine) {
  EXPECT_EQ(mistakesIn("error_reporting:\n  - class: Mail\n    options: {bad: 1}"),
            "4: 'options' of error reporter 1: unknown option 'bad'");
  EXPECT_EQ(mistakesIn("error_reporting:\n  - type: http"), "3: 'options' of error reporter 1: needs the key 'url'");
}

TEST(ErrorReportingSection, RefusesWrongTypesAndUnknownKeys) {
  EXPECT_THAT(mistakesIn("error_reporting: {class: Mail}"), HasSubstr("'error_reporting' must be a list"));
  EXPECT_THAT(mistakesIn("error_reporting: [Mail]"), HasSubstr("error reporter 1 must be a map"));
  EXPECT_THAT(mistakesIn("error_reporting: [{class: Mail, option: {}}]"), HasSubstr("did you mean 'options'?"));
  EXPECT_THAT(mistakesIn("error_reporting: [{class: Mail, options: 5}]"), HasSubstr("must be a map"));
  EXPECT_THAT(mistakesIn("error_reporting: [{class: Mail, redact: iban}]"), HasSubstr("must be a list"));
  EXPECT_THAT(mistakesIn("error_reporting: [{class: Mail, time_limit: -1}]"), HasSubstr("'time_limit'"));
}

TEST(ErrorReportingSection, DoesNotAskForTheClassesInAnApplicationThatOnlyPushes) {
  const auto config = readConfig(withBroker("error_reporting: [{class: Unknown, options: {bad: 1}}, {type: else}]"),
                                 "/f.yaml", fakeBackends());
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->errorReporters.size(), 2u);
}

}  // namespace
}  // namespace leptir::config
