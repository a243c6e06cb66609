#include "config/variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "config/config_test_support.h"
#include "tests/support/temp_dir.h"

namespace leptir::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Sets variables of the environment for one test.
class Variables : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("LEPTIR_TEST_WORD", "hidden", 1);
    ::setenv("LEPTIR_TEST_NUMBER", "4", 1);
    ::setenv("LEPTIR_TEST_EMPTY", "", 1);
    ::setenv("LEPTIR_TEST_BRACES", "a{b}", 1);
    ::setenv("LEPTIR_TEST_NESTED", "${LEPTIR_TEST_WORD}", 1);
    ::setenv("LEPTIR_TEST_BYTES", "hidden\xff", 1);
    ::unsetenv("LEPTIR_TEST_NOTHING");
  }
  void TearDown() override {
    for (const auto* name : {"WORD", "NUMBER", "EMPTY", "BRACES", "NESTED", "BYTES"}) {
      ::unsetenv((std::string("LEPTIR_TEST_") + name).c_str());
    }
  }

  static std::string expanded(std::string_view text) {
    const auto answer = expandVariables(text);
    return answer ? answer->text : "error: " + answer.error().message();
  }
};

TEST_F(Variables, AreReplacedByTheEnvironment) {
  EXPECT_EQ(expanded("a ${LEPTIR_TEST_WORD}${LEPTIR_TEST_NUMBER} z"), "a hidden4 z");
  EXPECT_EQ(expanded("${LEPTIR_TEST_EMPTY}"), "");
  EXPECT_TRUE(expandVariables("${LEPTIR_TEST_EMPTY}")->hasVariableValue);
  EXPECT_FALSE(expandVariables("plain")->hasVariableValue);
}

TEST_F(Variables, LeaveOtherDollarsAlone) {
  EXPECT_EQ(expanded("$a $$ $(b) {c} $"), "$a $$ $(b) {c} $");
}

TEST_F(Variables, AreEscapedByASecondDollar) {
  EXPECT_EQ(expanded("$${LEPTIR_TEST_WORD}"), "${LEPTIR_TEST_WORD}");
  EXPECT_EQ(expanded("a$${"), "a${");
}

TEST_F(Variables, AreNotExpandedAgain) {
  EXPECT_EQ(expanded("${LEPTIR_TEST_NESTED}"), "${LEPTIR_TEST_WORD}");
}

TEST_F(Variables, ReadFilesWithoutTheirLastLineEnd) {
  TempDir folder;
  EXPECT_EQ(expanded("${file:" + folder.write("a", "secret\n").string() + "}"), "secret");
  EXPECT_EQ(expanded("${file:" + folder.write("b", "two\nlines\r\n").string() + "}!"), "two\nlines!");
  EXPECT_EQ(expanded("${file:" + folder.write("c", "").string() + "}"), "");
}

TEST_F(Variables, MustBeDefined) {
  EXPECT_EQ(expanded("${LEPTIR_TEST_NOTHING}"), "error: environment variable 'LEPTIR_TEST_NOTHING' is not set");
  EXPECT_EQ(expanded("${file:/none/x}"), "error: ${file:…}: /none/x: no such file or directory");
  EXPECT_EQ(expanded("${file:x}"), "error: ${file:…} needs a path that begins with /, not 'x'");
  EXPECT_EQ(expanded("${LEPTIR_TEST_WORD"), "error: '${' without '}': write $${ for the characters themselves");
  EXPECT_THAT(expanded("${}"), HasSubstr("is no name of a variable"));
  EXPECT_THAT(expanded("${A:-b}"), HasSubstr("is no name of a variable"));
  EXPECT_THAT(expanded("${1}"), HasSubstr("is no name of a variable"));
}

TEST_F(Variables, MustHoldUtf8Text) {
  TempDir folder;
  EXPECT_EQ(expanded("${LEPTIR_TEST_BYTES}"), "error: the value of 'LEPTIR_TEST_BYTES' is not UTF-8 text");
  const auto file = folder.write("nul", std::string_view("a\0b", 3));
  EXPECT_THAT(expanded("${file:" + file.string() + "}"), HasSubstr("is not UTF-8 text"));
}

TEST_F(Variables, MayStandForAnyTypeInAConfiguration) {
  const auto read = readYaml(R"(brokers:
  - type: server
    connection: { host: "${LEPTIR_TEST_WORD}", password: "${LEPTIR_TEST_NUMBER}", port: "${LEPTIR_TEST_NUMBER}0" }
    configuration: { priority: "${LEPTIR_TEST_NUMBER}" }
)");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->brokers[0].connection["host"], "hidden");
  EXPECT_EQ(read->brokers[0].connection["password"], "4");
  EXPECT_EQ(read->brokers[0].connection["port"], 40);
  EXPECT_EQ(read->brokers[0].priority, 4);
}

TEST_F(Variables, DoNotBecomeParametersOfACommand) {
  const auto read = readYaml(withBroker("tasks: {t: {command: [x, \"${LEPTIR_TEST_BRACES}{c}\"]}}"));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->programs.at("t").command[1], "a{{b}}{c}");
}

TEST_F(Variables, AreReportedWithTheirLineIfNotSet) {
  EXPECT_EQ(errorsIn("brokers:\n  - type: server\n    connection:\n      password: ${LEPTIR_TEST_NOTHING}\n"),
            "4: 'password' of 'connection' of broker 1: environment variable 'LEPTIR_TEST_NOTHING' is not set");
}

TEST_F(Variables, AreNeverShownInErrors) {
  const auto told = errorsIn(R"(brokers:
  - { type: "${LEPTIR_TEST_WORD}" }
  - { type: server, name: "${LEPTIR_TEST_WORD}", connection: { port: "${LEPTIR_TEST_WORD}", tls: "${LEPTIR_TEST_WORD}" } }
  - { type: server, name: "${LEPTIR_TEST_WORD}" }
loggers: { a: { type: "${LEPTIR_TEST_WORD}" }, b: { type: stdout, level: "${LEPTIR_TEST_WORD}" } }
tasks: { t: { command: ["${LEPTIR_TEST_WORD}{"], warning_exit_codes: ["${LEPTIR_TEST_WORD}"] } }
daemon: { configuration: { kill_grace: "${LEPTIR_TEST_WORD}", shutdown_grace: "${LEPTIR_TEST_WORD}" } }
)");
  EXPECT_THAT(told, HasSubstr("unknown type '${LEPTIR_TEST_WORD}'"));
  EXPECT_THAT(told, Not(HasSubstr("hidden")));
}

TEST_F(Variables, ThatAreMissingKeepTheDefaultForACommandThatDoesNotNeedThem) {
  constexpr std::string_view kText =
      "brokers: [{type: server, connection: {port: 7, password: '${file:/nowhere/secret}', host: "
      "'${LEPTIR_TEST_NOTHING}'}}]";
  EXPECT_FALSE(readConfig(kText, "/f.yaml", fakeBackends()));
  const auto read = readConfig(kText, "/f.yaml", fakeBackends(), nullptr, MissingValues::KeepDefaults);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->brokers[0].connection, Json({{"host", "localhost"},
                                               {"port", 7},
                                               {"weight", 0.5},
                                               {"tls", false},
                                               {"password", ""},
                                               {"options", Json::object()}}));
  EXPECT_FALSE(readConfig("brokers: [{type: server, name: '${'}]", "/f.yaml", fakeBackends(), nullptr,
                          MissingValues::KeepDefaults));
}

}  // namespace
}  // namespace leptir::config
