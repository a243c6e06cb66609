#include "service/init_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/mail_fixture.h"

namespace leptir::service {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(InitScript, HasAHeaderOfTheLsb) {
  const auto script = initScript(mail());
  EXPECT_TRUE(script.starts_with("#!/bin/sh\n"));
  for (const auto* line : {"### BEGIN INIT INFO", "# Provides:          mail", "# Default-Start:     2 3 4 5",
                           "# Default-Stop:      0 1 6", "### END INIT INFO"})
    EXPECT_THAT(script, HasSubstr("\n" + std::string(line) + "\n"));
}

TEST(InitScript, NamesProgramConfigurationPidFileAndUserInVariables) {
  const auto script = initScript(mail());
  for (const auto* line : {"PROGRAM='/usr/bin/leptir'", "CONFIG_PATH='/etc/mail.yaml'", "PID_PATH='/run/mail/mail.pid'",
                           "RUN_AS='postman'", "STATE_HOME='/var/lib/mail'"})
    EXPECT_THAT(script, HasSubstr("\n" + std::string(line) + "\n"));
  EXPECT_THAT(script, Not(ContainsRegex("@[A-Z]+@")));
}

TEST(InitScript, QuotesPathsForTheShell) {
  auto service = mail();
  service.config = "/etc/bob's $(mail).yaml";
  EXPECT_THAT(initScript(service), HasSubstr("\nCONFIG_PATH='/etc/bob'\\''s $(mail).yaml'\n"));
  EXPECT_EQ(shellWord(""), "''");
  EXPECT_EQ(shellQuotedIfNeeded("/etc/mail-2.yaml"), "/etc/mail-2.yaml");
  EXPECT_EQ(shellQuotedIfNeeded("/etc/my mail.yaml"), "'/etc/my mail.yaml'");
  EXPECT_EQ(shellQuotedIfNeeded(""), "''");
}

TEST(InitScript, MakesTheFoldersOfPidFileLogsAndState) {
  auto service = mail();
  service.logFiles = {"/srv/my logs/mail.log"};
  EXPECT_THAT(initScript(service), HasSubstr("\nFOLDERS='"
                                             "'\\''/run/mail'\\'' '\\''/srv/my logs'\\'' '\\''/var/lib/mail'\\''"
                                             "'\n"));
}

}  // namespace
}  // namespace leptir::service
