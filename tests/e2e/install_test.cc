// `leptir install`: the files that it writes, and what systemd, systemd-sysusers and logrotate say of them. Everything
// is written below a folder of the test.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <utility>

#include "tests/e2e/installation.h"
#include "tests/support/folders.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class InstallTest : public Installation {
 protected:
  CommandResult install(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"install", "--root=" + root.string()});
    return run(std::move(arguments));
  }
  CommandResult shell(const std::string& command) {
    const auto leptir = std::exchange(program, "/bin/sh");
    auto answer = run({"-c", command});
    program = leptir;
    return answer;
  }
  fs::path unitOf(const std::string& name) const { return root / "etc/systemd/system" / (name + ".service"); }
  fs::path logrotateOf(const std::string& name) const { return root / "etc/logrotate.d" / name; }

  const fs::path root = folder / "root";
};

TEST_F(InstallTest, WritesAUnitAUserAndALogRotation) {
  const auto answer = install({"--config=" + config.string()});
  EXPECT_EQ(answer.exit, 0) << answer.err;
  EXPECT_EQ(answer.lines(), (std::vector<std::string>{"wrote " + unitOf("leptir").string(),
                                                      "wrote " + (root / "etc/sysusers.d/leptir.conf").string(),
                                                      "wrote " + logrotateOf("leptir").string()}));
  EXPECT_THAT(
      readWholeFile(unitOf("leptir")),
      HasSubstr("\nExecStart=" + program + " start --config=" + config.string() + " --pid=/run/leptir/leptir.pid\n"));
  EXPECT_THAT(readWholeFile(logrotateOf("leptir")), HasSubstr("\"" + (folder / "leptir.log").string() + "\""));
}

// On an empty /etc of its own, so that nothing of this machine is touched.
TEST_F(InstallTest, PrintsTheNextCommandsAsTheGuideShowsThem) {
  if (shell("unshare --mount true").exit != 0) GTEST_SKIP() << "this machine makes no namespaces";
  const auto guide = readWholeFile(sourceFolder() / "docs/guide/service.md");
  const std::string begin = "```\n# leptir install --config=/etc/leptir.yaml\n";
  const auto at = guide.find(begin);
  ASSERT_NE(at, std::string::npos);
  const auto shown = guide.substr(at + begin.size(), guide.find("```", at + begin.size()) - at - begin.size());
  const auto said =
      shell("unshare --mount sh -c 'mount -t tmpfs tmpfs /etc && cp -p " + config.string() + " /etc/leptir.yaml && " +
            program + " install --config=/etc/leptir.yaml --program=/usr/bin/leptir'");
  EXPECT_EQ(said.out, shown) << said.err;
}

// --- what systemd says

TEST_F(InstallTest, WritesAUnitThatSystemdAccepts) {
  ASSERT_EQ(install({"--config=" + config.string()}).exit, 0);
  const auto verified = shell("systemd-analyze verify " + unitOf("leptir").string());
  EXPECT_EQ(verified.exit, 0) << verified.err;
  EXPECT_THAT(verified.err, Not(HasSubstr("leptir.service")));
}

TEST_F(InstallTest, EscapesPathsAsSystemdReadsThem) {
  const auto odd = folder / "my %h $HOME shop";
  fs::create_directory(odd);
  fs::create_symlink(program, odd / "le ptir");
  ASSERT_EQ(install({"--program=" + (odd / "le ptir").string(), "--config=" + config.string()}).exit, 0);
  const auto verified = shell("systemd-analyze verify " + unitOf("leptir").string());
  EXPECT_EQ(verified.exit, 0) << "systemd finds no such program: " << verified.err;
  EXPECT_THAT(verified.err, Not(HasSubstr("leptir.service")));
}

TEST_F(InstallTest, WritesAUnitThatSystemdCallsSafe) {
  ASSERT_EQ(install({"--config=" + config.string()}).exit, 0);
  const auto security = "systemd-analyze security --offline=true --no-pager --threshold=25 ";
  const auto judged = shell(security + unitOf("leptir").string());
  EXPECT_EQ(judged.exit, 0) << judged.out << judged.err;
  EXPECT_THAT(judged.out, HasSubstr("Overall exposure level for leptir.service: "));
  const auto softer = folder / "leptir.service";
  shell("grep -v '^Protect\\|^SystemCall\\|^Capability' " + unitOf("leptir").string() + " > " + softer.string());
  EXPECT_NE(shell(security + softer.string()).exit, 0) << "the threshold does not tell anything";
}

TEST_F(InstallTest, NamesAUserThatSystemdSysusersMakes) {
  ASSERT_EQ(install({"--name=mail", "--config=" + config.string()}).exit, 0);
  const auto made = shell("systemd-sysusers --root=" + root.string());
  EXPECT_EQ(made.exit, 0) << made.err;
  EXPECT_THAT(readWholeFile(root / "etc/passwd"), HasSubstr(":background tasks of leptir (mail):/var/lib/mail:"));
}

TEST_F(InstallTest, WritesARotationThatLogrotateAccepts) {
  LEPTIR_NEEDS_ROOT();  // logrotate reads only files of root
  ASSERT_EQ(install({"--user=daemon", "--config=" + config.string()}).exit, 0);
  std::ofstream(folder / "leptir.log") << "a line\n";
  const auto state = (folder / "rotated").string();
  const auto rotated =
      shell("PATH=$PATH:/usr/sbin:/sbin; chown daemon " + folder.string() + " " + (folder / "leptir.log").string() +
            "; logrotate --force --state " + state + " " + logrotateOf("leptir").string());
  EXPECT_EQ(rotated.exit, 0) << rotated.err;
  EXPECT_TRUE(fs::exists(folder / "leptir.log.1")) << rotated.err;
  EXPECT_FALSE(fs::exists(folder / "leptir.log")) << "leptir makes the new file itself";
}

// --- several instances, and the configuration

TEST_F(InstallTest, GivesTwoNamesNothingInCommon) {
  ASSERT_EQ(install({"--name=mail", "--config=" + config.string()}).exit, 0);
  ASSERT_EQ(install({"--name=images", "--config=" + config.string()}).exit, 0);
  const auto mail = readWholeFile(unitOf("mail"));
  EXPECT_THAT(mail, HasSubstr("--pid=/run/mail/mail.pid"));
  for (const auto* key : {"RuntimeDirectory", "StateDirectory", "LogsDirectory", "User"}) {
    EXPECT_THAT(mail, HasSubstr("\n" + std::string(key) + "=mail\n"));
    EXPECT_THAT(readWholeFile(unitOf("images")), HasSubstr("\n" + std::string(key) + "=images\n"));
  }
}

TEST_F(InstallTest, TakesTimesAndFoldersFromTheConfiguration) {
  writeConfig(
      "brokers: [ { type: sqlite, connection: { path: /srv/my queue/q.db } } ]\n"
      "daemon: { configuration: { shutdown_grace: 90, kill_grace: 5 } }\n"
      "loggers: { file: { type: file, options: { path: /srv/logs/mail.log } } }\n");
  ASSERT_EQ(install({"--config=" + config.string()}).exit, 0);
  const auto unit = readWholeFile(unitOf("leptir"));
  EXPECT_THAT(unit, HasSubstr("\nTimeoutStopSec=155\n"));
  EXPECT_THAT(unit, HasSubstr("\nReadWritePaths=-/srv/logs\n"));
  EXPECT_THAT(unit, HasSubstr("\nReadWritePaths=\"-/srv/my queue\"\n"));
  EXPECT_THAT(readWholeFile(logrotateOf("leptir")), HasSubstr("\"/srv/logs/mail.log\""));
}

TEST_F(InstallTest, NeedsNoSecretsThatOnlyTheServiceCanRead) {
  writeConfig(
      "brokers:\n  - type: redis\n    connection: { password: '${file:/run/credentials/leptir.service/redis}' }\n"
      "daemon: { configuration: { shutdown_grace: 90 } }\n");
  const auto answer = install({"--config=" + config.string()});
  EXPECT_EQ(answer.exit, 0) << answer.err;
  EXPECT_THAT(readWholeFile(unitOf("leptir")), HasSubstr("\nTimeoutStopSec=151\n"));
}

TEST_F(InstallTest, RefusesAConfigurationWithMistakes) {
  writeConfig("brokers: [ { type: nonsense } ]\n");
  const auto answer = install({"--config=" + config.string()});
  EXPECT_EQ(answer.exit, 78);
  EXPECT_THAT(answer.err, HasSubstr(config.string() + ":1: unknown type 'nonsense'"));
  EXPECT_FALSE(fs::exists(root));
}

TEST_F(InstallTest, MakesFilesForAConfigurationThatIsStillToBeWritten) {
  const auto answer = install({"--config=/nowhere/leptir.yaml"});
  EXPECT_EQ(answer.exit, 0);
  EXPECT_THAT(answer.err, HasSubstr("/nowhere/leptir.yaml is not there: the files are made for the defaults"));
  EXPECT_THAT(readWholeFile(unitOf("leptir")), HasSubstr(" --config=/nowhere/leptir.yaml "));
  const auto here = run({"install", "--config=/nowhere/leptir.yaml"});
  EXPECT_EQ(here.exit, 78) << "on this machine a path that leads nowhere is a mistake";
  EXPECT_THAT(here.err, HasSubstr("/nowhere/leptir.yaml"));
}

// --- bad input, and files that are there

TEST_F(InstallTest, RefusesANameWithASlash) {
  const auto answer = install({"--name=shop/mail"});
  EXPECT_EQ(answer.exit, 2);
  EXPECT_THAT(answer.err, HasSubstr("the name 'shop/mail' of the service has a slash"));
  EXPECT_FALSE(fs::exists(root));
}

TEST_F(InstallTest, RefusesAUserThatNoSystemHas) {
  const auto answer = install({"--user=no such user"});
  EXPECT_EQ(answer.exit, 2);
  EXPECT_THAT(answer.err, HasSubstr("the user 'no such user' has no name that every Linux accepts"));
}

TEST_F(InstallTest, KeepsAFileThatDiffersUnlessItIsForced) {
  ASSERT_EQ(install({}).exit, 0);
  EXPECT_THAT(install({}).out, HasSubstr("unchanged: " + unitOf("leptir").string()));
  std::ofstream(unitOf("leptir"), std::ios::app) << "# a line of the administrator\n";
  const auto refused = install({});
  EXPECT_EQ(refused.exit, 1);
  EXPECT_THAT(refused.err, HasSubstr(unitOf("leptir").string() + ": is there already and differs"));
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  EXPECT_THAT(readWholeFile(unitOf("leptir")), HasSubstr("administrator"));
  EXPECT_EQ(install({"--force"}).exit, 0);
  EXPECT_THAT(readWholeFile(unitOf("leptir")), Not(HasSubstr("administrator")));
}

TEST_F(InstallTest, HidesNoUnitOfAnotherProgram) {
  const auto units = root / "usr/lib/systemd/system";
  fs::create_directories(units);
  std::ofstream(units / "cron.service") << "[Unit]\nDescription=cron\n";
  const auto refused = install({"--name=cron"});
  EXPECT_EQ(refused.exit, 1);
  EXPECT_THAT(refused.err, HasSubstr((units / "cron.service").string() + ": a unit of this name is there"));
  EXPECT_FALSE(fs::exists(unitOf("cron")));
  fs::rename(units / "cron.service", units / "other.service");
  EXPECT_EQ(install({"--name=cron"}).exit, 0);
}

// --- rights

TEST_F(InstallTest, PrintsTheFilesWithoutAnyRights) {
  const auto printed = run({"install", "--print", "--name=mail", "--config=" + config.string()});
  EXPECT_EQ(printed.exit, 0) << printed.err;
  EXPECT_THAT(printed.out, StartsWith("# /etc/systemd/system/mail.service\n"));
  EXPECT_THAT(printed.out, HasSubstr("\n# /etc/sysusers.d/mail.conf\n"));
  EXPECT_THAT(printed.out, HasSubstr("\n# /etc/logrotate.d/mail\n"));
  EXPECT_FALSE(fs::exists("/etc/systemd/system/mail.service"));
  const auto script = run({"install", "--print", "--sysv", "--name=mail"});
  EXPECT_THAT(script.out, StartsWith("# /etc/init.d/mail\n#!/bin/sh\n"));
}

TEST_F(InstallTest, OfAnOrdinaryUserSaysWhatToDo) {
  LEPTIR_NEEDS_ROOT();
  const auto output = folder / "said";
  fs::permissions(folder, fs::perms::all);
  const auto copy = folder / "leptir";
  fs::copy_file(program, copy);
  asUser(kOtherUser, [&] {
    ::freopen(output.c_str(), "w", stderr);
    ::execl(copy.c_str(), copy.c_str(), "install", "--name=mail", nullptr);
    return false;
  });
  EXPECT_THAT(
      readWholeFile(output),
      HasSubstr("only root may write /etc/systemd/system/mail.service: run this as root (sudo), or use --print"));
}

TEST_F(InstallTest, WarnsOfAServiceThatRunsAsRoot) {
  constexpr auto kWarning = "every task of leptir will run as root";
  EXPECT_THAT(install({}).err, Not(HasSubstr(kWarning)));
  EXPECT_THAT(install({"--user=root", "--force"}).err, HasSubstr(kWarning));
  EXPECT_FALSE(fs::exists(root / "etc/init.d"));
  EXPECT_THAT(install({"--sysv", "--force"}).err, HasSubstr(kWarning));
  EXPECT_THAT(install({"--sysv", "--force", "--user=daemon"}).err, Not(HasSubstr(kWarning)));
}

TEST_F(InstallTest, WarnsOfAServiceWhoseTasksNoOtherCommandFinds) {
  constexpr auto kWarning =
      "mail keeps tasks and records in /var/lib/mail/leptir/leptir.db, where no other command looks";
  EXPECT_THAT(install({"--name=mail"}).err, HasSubstr(kWarning));
  EXPECT_THAT(install({"--name=mail", "--force", "--config=" + config.string()}).err, Not(HasSubstr(kWarning)))
      << "it names a store";
  writeConfig("daemon: { configuration: { number_of_workers: 1 } }\n");
  EXPECT_THAT(install({"--name=mail", "--force", "--config=" + config.string()}).err, HasSubstr(kWarning));
}

TEST_F(InstallTest, WarnsOfADaemonThatLogsNothing) {
  constexpr auto kWarning =
      "mail logs nothing: add one, for example loggers: { file: { type: file, options: { path: "
      "/var/log/mail/mail.log } } }";
  EXPECT_THAT(install({"--name=mail", "--sysv"}).err, HasSubstr(kWarning));
  EXPECT_THAT(install({"--name=mail"}).err, Not(HasSubstr(kWarning))) << "a unit's log goes to the journal";
  EXPECT_THAT(install({"--name=mail", "--sysv", "--force", "--config=" + config.string()}).err,
              Not(HasSubstr(kWarning)))
      << "it has such a logger";
}

}  // namespace
}  // namespace leptir::e2e
