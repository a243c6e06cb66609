#include "service/systemd_text.h"

#include <gtest/gtest.h>

namespace leptir::service {
namespace {

TEST(SystemdText, LeavesPlainWordsAsTheyAre) {
  EXPECT_EQ(unitProgram("/usr/bin/leptir"), "/usr/bin/leptir");
  EXPECT_EQ(unitArgument("--config=/etc/leptir.yaml"), "--config=/etc/leptir.yaml");
  EXPECT_EQ(unitOptionalPath("/srv/queue"), "-/srv/queue");
}

TEST(SystemdText, QuotesSpacesAndQuotes) {
  EXPECT_EQ(unitProgram("/opt/my shop/run"), "\"/opt/my shop/run\"");
  EXPECT_EQ(unitArgument("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(unitArgument("it's"), "\"it's\"");
  EXPECT_EQ(unitArgument(""), "\"\"");
  EXPECT_EQ(unitOptionalPath("/srv/my queue"), "\"-/srv/my queue\"");
}

TEST(SystemdText, DoublesWhatSystemdWouldExpand) {
  EXPECT_EQ(unitProgram("/opt/100%$x"), "/opt/100%%$x");
  EXPECT_EQ(unitArgument("100%$x"), "100%%$$x");
  EXPECT_EQ(unitOptionalPath("/srv/100%$x"), "-/srv/100%%$x");
  EXPECT_EQ(unitLine("100% of it"), "100%% of it");
}

TEST(SystemdText, KeepsControlCharactersFromBeginningALine) {
  EXPECT_EQ(unitArgument("a\nExecStart=x\t"), "a\\x0aExecStart=x\\x09");
  EXPECT_EQ(unitLine("a\nUser=root"), "a\\nUser=root");
}

}  // namespace
}  // namespace leptir::service
