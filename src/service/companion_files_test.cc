#include "service/companion_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/mail_fixture.h"

namespace leptir::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(SysusersFile, MakesTheUserWithTheStateFolderAsItsHome) {
  EXPECT_THAT(sysusersFile(mail()), HasSubstr("\nu postman - \"background tasks of leptir (mail)\" /var/lib/mail\n"));
}

TEST(LogrotateFile, RotatesTheLogFilesOfTheConfiguration) {
  auto service = mail();
  service.logFiles = {"/var/log/mail/a.log", "/srv/my [logs]/b.log"};
  EXPECT_THAT(logrotateFile(service), HasSubstr("\n\"/var/log/mail/a.log\"\n\"/srv/my \\[logs]/b.log\" {\n"));
}

TEST(LogrotateFile, RotatesTheLogFolderWhereTheConfigurationNamesNoFile) {
  EXPECT_THAT(logrotateFile(mail()), HasSubstr("\n\"/var/log/mail\"/*.log {\n"));
}

TEST(LogrotateFile, ActsAsTheUserOfTheService) {
  EXPECT_THAT(logrotateFile(mail()), HasSubstr("\n  su postman post\n"));
  auto root = mail();
  root.user = "root";
  EXPECT_THAT(logrotateFile(root), Not(HasSubstr("\n  su ")));
}

}  // namespace
}  // namespace leptir::service
