// The /etc/init.d script that `leptir install --sysv` writes, run by each POSIX shell that this machine has.
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "tests/e2e/installation.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kStarting = "Starting a little butterfly. Fly buddy, fly!\n";
constexpr auto kFlying = "Leptir is already flying on this box.";
constexpr auto kStale =
    ".pid file is there, but process is not running. Cleaning .pid file and starting the process.\n";
constexpr auto kStopping = "Stopping a little butterfly. You'll have to wait for all the tasks to finish though.\n";

std::string replacedAll(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

class InitScript : public Installation {
 protected:
  // Leaves no daemon behind, also where a test fails.
  ~InitScript() override {
    for (const auto* name : {"mail.pid", "images.pid"})
      run({"stop", "--timeout=30", "--pid=" + (pidFile.parent_path() / name).string()});
  }

  // The script with the test's folder in the place of /var/lib/mail.
  void install(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"install",
                                       "--sysv",
                                       "--name=mail",
                                       "--root=" + (folder / "root").string(),
                                       "--config=" + config.string(),
                                       "--pid=" + pidFile.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto answer = run(arguments);
    ASSERT_EQ(answer.exit, 0) << answer.err;
    ASSERT_EQ(modeOf(script), 0755u);
    const auto text = replacedAll(readWholeFile(script), "/var/lib/mail", (folder / "state of it").string());
    std::ofstream(script) << text;
  }
  CommandResult shell(const std::string& command) {
    const auto leptir = std::exchange(program, "/bin/sh");
    auto answer = run({"-c", command});
    program = leptir;
    return answer;
  }
  CommandResult service(const std::string& action) { return shell(interpreter + " " + script.string() + " " + action); }
  bool isReady() {
    return eventually([this] { return run({"status", "--ready", "--pid=" + pidFile.string()}).exit == 0; });
  }
  bool isReloaded() {
    return eventually([this] {
      return readWholeFile(folder / "leptir.log").find("The configuration is read again") != std::string::npos;
    });
  }
  pid_t master() const { return std::atoi(readWholeFile(pidFile).c_str()); }

  std::string interpreter = "sh";
  const fs::path pidFile = folder / "run/mail.pid";
  const fs::path script = folder / "root/etc/init.d/mail";
};

class InitScriptInEachShell : public InitScript, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    interpreter = GetParam();
    const auto name = interpreter.substr(0, interpreter.find(' '));
    if (shell("command -v " + name).exit != 0) GTEST_SKIP() << "this machine has no " << name;
    install();
  }
};

TEST_P(InitScriptInEachShell, StartsOnceAndStops) {
  const auto started = service("start");
  EXPECT_EQ(started.exit, 0) << started.err;
  EXPECT_EQ(started.out, kStarting);
  ASSERT_TRUE(isReady());
  const auto first = master();
  const auto again = service("start");
  EXPECT_EQ(again.exit, 1);
  EXPECT_THAT(again.out, HasSubstr(kFlying));
  EXPECT_THAT(again.out, Not(HasSubstr(kStale)));
  EXPECT_EQ(master(), first);
  const auto stopped = service("stop");
  EXPECT_EQ(stopped.exit, 0) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr(kStopping));
  EXPECT_FALSE(fs::exists(pidFile));
  EXPECT_EQ(service("status").exit, 3) << "it waits until the instance is gone";
}

TEST_P(InitScriptInEachShell, StartsOverAStalePidFile) {
  ASSERT_EQ(service("start").exit, 0);
  ASSERT_TRUE(isReady());
  ASSERT_EQ(::kill(master(), SIGKILL), 0);
  ASSERT_TRUE(eventually([this] { return service("status").exit == 1; })) << "killed, and its pid file is there";
  const auto started = service("start");
  EXPECT_EQ(started.exit, 0) << started.err;
  EXPECT_EQ(started.out, std::string(kStale) + kStarting);
  EXPECT_TRUE(isReady());
}

TEST_P(InitScriptInEachShell, StartsWhereTheStalePidIsThatOfAnotherProcessByNow) {
  fs::create_directory(pidFile.parent_path());
  std::ofstream(pidFile) << ::getpid();
  const auto started = service("start");
  EXPECT_EQ(started.exit, 0) << started.err;
  EXPECT_EQ(started.out, std::string(kStale) + kStarting);
  EXPECT_TRUE(isReady());
}

TEST_P(InitScriptInEachShell, HasTheStatusesOfTheLsb) {
  EXPECT_EQ(service("status").exit, 3);
  EXPECT_EQ(service("stop").exit, 0) << "an instance that does not run is stopped";
  const auto reloaded = service("reload");
  EXPECT_EQ(reloaded.exit, 7);
  EXPECT_THAT(reloaded.err, HasSubstr("Leptir process is not running. Nothing to reload here."));
  ASSERT_EQ(service("start").exit, 0);
  ASSERT_TRUE(isReady());
  const auto running = service("status");
  EXPECT_EQ(running.exit, 0);
  EXPECT_EQ(running.out, "ready: running as " + std::to_string(master()) + "\n");
}

TEST_P(InitScriptInEachShell, ReloadsAndRestarts) {
  ASSERT_EQ(service("start").exit, 0);
  ASSERT_TRUE(isReady());
  const auto first = master();
  EXPECT_EQ(service("reload").exit, 0);
  EXPECT_TRUE(isReloaded());
  EXPECT_EQ(master(), first);
  const auto restarted = service("restart");
  EXPECT_EQ(restarted.exit, 0) << restarted.err;
  EXPECT_THAT(restarted.out, HasSubstr(kStarting));
  EXPECT_TRUE(isReady());
  EXPECT_NE(master(), first);
}

TEST_P(InitScriptInEachShell, ReloadsTheInstanceWhateverNumberThePidFileHas) {
  ASSERT_EQ(service("start").exit, 0);
  ASSERT_TRUE(isReady());
  const auto stranger = startChild([] { return ::pause() == 0; });
  std::ofstream(pidFile) << stranger;
  EXPECT_EQ(service("reload").exit, 0);
  EXPECT_TRUE(isReloaded());
  EXPECT_EQ(::waitpid(stranger, nullptr, WNOHANG), 0) << "HUP has ended another process";
  killChild(stranger);
}

TEST_P(InitScriptInEachShell, NamesItsActions) {
  const auto answer = service("fly");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_EQ(answer.out, "Usage: " + script.string() + " (start|stop|restart|reload|force-reload|status)\n");
  EXPECT_EQ(service("").exit, 1);
}

INSTANTIATE_TEST_SUITE_P(Shells, InitScriptInEachShell, testing::Values("sh", "dash", "bash --posix", "busybox sh"),
                         [](const auto& shell) {
                           const std::string name = shell.param;
                           return name.substr(0, name.find(' '));
                         });

TEST_F(InitScript, ColoursItsLinesOnATerminal) {
  if (shell("command -v script").exit != 0) GTEST_SKIP() << "this machine has no script(1)";
  install();
  const auto onTerminal = [this] { return shell("script -qec 'sh " + script.string() + " start' /dev/null").out; };
  fs::create_directory(pidFile.parent_path());
  std::ofstream(pidFile) << "1";
  const auto started = onTerminal();
  EXPECT_THAT(started, HasSubstr("\033[33m.pid file is there"));
  EXPECT_THAT(started, HasSubstr("\033[32mStarting a little butterfly"));
  EXPECT_THAT(onTerminal(), HasSubstr("\033[31mLeptir is already flying on this box."));
}

TEST_F(InitScript, SaysWhatIsMissing) {
  install();
  const auto text = replacedAll(readWholeFile(script), "PROGRAM='" + program, "PROGRAM='/nowhere/leptir");
  std::ofstream(script) << text;
  const auto answer = service("start");
  EXPECT_EQ(answer.exit, 5);
  EXPECT_THAT(answer.err, HasSubstr("/nowhere/leptir is not there"));
}

TEST_F(InitScript, RunsTheInstanceAsItsUser) {
  LEPTIR_NEEDS_ROOT();
  fs::copy_file(program, folder / "leptir");  // where every user may run it
  writeConfig(
      "brokers: [ { type: memory } ]\n"
      "loggers: { file: { type: file, options: { path: logs/mail.log } } }\n");
  fs::permissions(folder, fs::perms::all);
  fs::permissions(config, fs::perms::others_read, fs::perm_options::add);
  install({"--user=daemon", "--program=" + (folder / "leptir").string()});
  const auto started = service("start");
  ASSERT_EQ(started.exit, 0) << started.out << started.err;
  ASSERT_TRUE(isReady());
  const auto user = shell("id -u daemon").lines().at(0);
  EXPECT_EQ(shell("grep Uid /proc/" + std::to_string(master()) + "/status").out,
            "Uid:\t" + user + "\t" + user + "\t" + user + "\t" + user + "\n");
  EXPECT_EQ(std::to_string(ownerOf(folder / "logs/mail.log")), user);
  EXPECT_EQ(service("stop").exit, 0);
}

TEST_F(InitScript, GivesNothingAwayThatALinkOfItsUserLeadsTo) {
  LEPTIR_NEEDS_ROOT();
  const auto theirs = folder / "theirs", secret = folder / "secret";
  for (const auto& made : {theirs, secret}) fs::create_directory(made);
  giveTo(kOtherUser, theirs);
  fs::permissions(folder, fs::perms::all);
  writeConfig(
      "brokers: [ { type: memory } ]\nloggers: { file: { type: file, options: { path: theirs/logs/mail.log } } }\n");
  install({"--user=nobody"});
  // Between the look at the folder and the change of its owner its user puts a link there.
  const auto text =
      replacedAll(readWholeFile(script), "    mkdir -p", "    ln -s " + secret.string() + " \"$folder\"; mkdir -p");
  std::ofstream(script) << replacedAll(text, "as_user mkdir", "false mkdir");
  service("start");
  EXPECT_EQ(ownerOf(secret), 0u);
}

TEST_F(InitScript, WarnsOnceOfAnInstanceThatRunsAsRoot) {
  LEPTIR_NEEDS_ROOT();
  constexpr auto kWarning = "runs as root, and so does every task";
  const auto timesIn = [&](const std::string& text) {
    int times = 0;
    for (auto at = text.find(kWarning); at != std::string::npos; at = text.find(kWarning, at + 1)) ++times;
    return times;
  };
  install();
  EXPECT_EQ(timesIn(service("start").err), 1);
  ASSERT_TRUE(isReady());
  ASSERT_EQ(service("reload").exit, 0);
  ASSERT_TRUE(isReloaded());
  EXPECT_EQ(timesIn(readWholeFile(folder / "leptir.log")), 1);
  const auto interactive = start();
  EXPECT_TRUE(eventually([this] { return leptir({"status", "--ready"}).exit == 0; }));
  EXPECT_EQ(timesIn(interactive->output()), 0) << "root starts it before root's own eyes";
}

TEST_F(InitScript, OfTwoNamesOnOneMachineDoNotMeet) {
  install();
  ASSERT_EQ(run({"install", "--sysv", "--name=images", "--root=" + (folder / "root").string(),
                 "--config=" + config.string(), "--pid=" + (folder / "run/images.pid").string()})
                .exit,
            0);
  const auto second = folder / "root/etc/init.d/images";
  const auto text = replacedAll(readWholeFile(second), "/var/lib/images", (folder / "images").string());
  std::ofstream(second) << text;
  const auto images = [&](const std::string& action) { return shell("sh " + second.string() + " " + action).exit; };
  EXPECT_EQ(service("start").exit, 0);
  EXPECT_EQ(images("start"), 0);
  ASSERT_TRUE(isReady());
  EXPECT_TRUE(eventually([&] { return images("status") == 0; }));
  EXPECT_EQ(service("stop").exit, 0);
  EXPECT_EQ(images("status"), 0);
  EXPECT_EQ(images("stop"), 0);
}

TEST_F(InitScript, SaysHowToMakeItsUser) {
  install({"--user=no-such-user"});
  const auto answer = service("start");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_THAT(answer.err, HasSubstr("there is no user no-such-user: useradd --system"));
}

}  // namespace
}  // namespace leptir::e2e
