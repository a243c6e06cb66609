#include "service/systemd_text.h"

#include <gtest/gtest.h>

namespace leptir::service {
namespace {

TEST(SystemdText, LeavesPlainWordsAsTheyAre) {
  EXPECT_EQ(escapedUnitProgram("/usr/bin/leptir"), "/usr/bin/leptir");
  EXPECT_EQ(escapedUnitArgument("--config=/etc/leptir.yaml"), "--config=/etc/leptir.yaml");
  EXPECT_EQ(escapedUnitOptionalPath("/srv/queue"), "-/srv/queue");
}

TEST(SystemdText, QuotesSpacesAndQuotes) {
  EXPECT_EQ(escapedUnitProgram("/opt/my shop/run"), "\"/opt/my shop/run\"");
  EXPECT_EQ(escapedUnitArgument("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(escapedUnitArgument("it's"), "\"it's\"");
  EXPECT_EQ(escapedUnitArgument(""), "\"\"");
  EXPECT_EQ(escapedUnitOptionalPath("/srv/my queue"), "\"-/srv/my queue\"");
}

TEST(SystemdText, DoublesWhatSystemdWouldExpand) {
  EXPECT_EQ(escapedUnitProgram("/opt/100%$x"), "/opt/100%%$x");
  EXPECT_EQ(escapedUnitArgument("100%$x"), "100%%$$x");
  EXPECT_EQ(escapedUnitOptionalPath("/srv/100%$x"), "-/srv/100%%$x");
  EXPECT_EQ(escapedUnitLine("100% of it"), "100%% of it");
}

TEST(SystemdText, KeepsControlCharactersFromBeginningALine) {
  EXPECT_EQ(escapedUnitArgument("a\nExecStart=x\t"), "a\\x0aExecStart=x\\x09");
  EXPECT_EQ(escapedUnitLine("a\nUser=root"), "a\\nUser=root");
}

}  // namespace
}  // namespace leptir::service
