#include "service/systemd_unit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "service/mail_fixture.h"

namespace leptir::service {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(SystemdUnit, StartsTheProgramWithItsConfigurationAndPidFile) {
  EXPECT_THAT(systemdUnit(mail()),
              HasSubstr("\nExecStart=/usr/bin/leptir start --config=/etc/mail.yaml --pid=/run/mail/mail.pid\n"));
  auto withoutConfig = mail();
  withoutConfig.config.clear();
  EXPECT_THAT(systemdUnit(withoutConfig), HasSubstr("\nExecStart=/usr/bin/leptir start --pid=/run/mail/mail.pid\n"));
}

TEST(SystemdUnit, EscapesPathsAsSystemdReadsThem) {
  auto service = mail();
  service.program = "/opt/my shop/100%";
  service.config = "/etc/my $mail.yaml";
  service.writtenFolders = {"/srv/my 100% queue"};
  const auto unit = systemdUnit(service);
  EXPECT_THAT(unit, HasSubstr("\nExecStart=\"/opt/my shop/100%%\" start \"--config=/etc/my $$mail.yaml\" --pid="));
  EXPECT_THAT(unit, HasSubstr("\nReadWritePaths=\"-/srv/my 100%% queue\"\n"));
}

TEST(SystemdUnit, GivesEachNameFoldersOfItsOwn) {
  const auto unit = systemdUnit(mail());
  for (const auto* line : {"RuntimeDirectory=mail", "StateDirectory=mail", "LogsDirectory=mail", "User=postman",
                           "Environment=XDG_STATE_HOME=/var/lib/mail"})
    EXPECT_THAT(unit, HasSubstr("\n" + std::string(line) + "\n"));
  auto standard = mail();
  standard.name = "leptir";
  EXPECT_THAT(systemdUnit(standard), HasSubstr("\nEnvironment=XDG_STATE_HOME=/var/lib\n"));
}

TEST(SystemdUnit, WaitsForAStopAsLongAsTheConfigurationAllows) {
  auto service = mail();
  EXPECT_THAT(systemdUnit(service), HasSubstr("\nTimeoutStopSec=120\n"));
  service.shutdownGrace = 30s;
  service.killGrace = 1500ms;
  EXPECT_THAT(systemdUnit(service), HasSubstr("\nTimeoutStopSec=92\n"));
}

TEST(SystemdUnit, OpensOnlyTheFoldersThatTheConfigurationNames) {
  auto service = mail();
  EXPECT_THAT(systemdUnit(service), Not(HasSubstr("ReadWritePaths=")));
  service.writtenFolders = {"/", "/srv/queue", "/var/lib/mail/tasks", "/var/log/mail"};
  const auto unit = systemdUnit(service);
  EXPECT_THAT(unit, HasSubstr("\nReadWritePaths=-/srv/queue\n"));
  EXPECT_THAT(unit, Not(HasSubstr("ReadWritePaths=-/\n"))) << "it would take back ProtectSystem=strict";
  EXPECT_THAT(unit, Not(HasSubstr("ReadWritePaths=-/var")));
  service.pidFile = "/srv/pids/mail.pid";
  EXPECT_THAT(systemdUnit(service), HasSubstr("\nReadWritePaths=-/srv/pids\n"));
}

TEST(SystemdUnit, ShowsHomeAndTemporaryFoldersOnlyWhereSomethingThereIsUsed) {
  auto service = mail();
  EXPECT_THAT(systemdUnit(service), HasSubstr("\nProtectHome=yes\nPrivateTmp=yes\n"));
  service.readPaths = {"/home/bob/report.py"};
  EXPECT_THAT(systemdUnit(service), HasSubstr("\nProtectHome=read-only\n"));
  service.readPaths.clear();
  service.program = "/tmp/build/leptir";
  EXPECT_THAT(systemdUnit(service), HasSubstr("\nPrivateTmp=no\n"));
}

TEST(SystemdUnit, SaysWhyBeforeEachGroupOfSettings) {
  int settingsWithoutReason = 0;
  bool isExplained = false;
  std::istringstream lines(systemdUnit(mail()));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('[')) isExplained = false;
    if (line.starts_with('#')) isExplained = true;
    const bool isSetting = !line.empty() && line[0] >= 'A' && line[0] <= 'Z';
    if (isSetting && !isExplained && !line.starts_with("Description=") && !line.starts_with("WantedBy="))
      ++settingsWithoutReason;
  }
  EXPECT_EQ(settingsWithoutReason, 0);
}

TEST(SystemdUnit, WarnsInItsTextWhereTasksRunAsRoot) {
  EXPECT_THAT(systemdUnit(mail()), Not(HasSubstr("runs as root")));
  auto root = mail();
  root.user = "root";
  EXPECT_THAT(systemdUnit(root), HasSubstr("# Every task runs as root."));
}

}  // namespace
}  // namespace leptir::service
