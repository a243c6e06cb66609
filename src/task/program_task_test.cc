#include "task/program_lookup.h"
#include "task/program_task_fixture.h"

#include "tests/support/child.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>

namespace leptir::task {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ProgramTaskTest, JoinsTheLinesOfStdoutToTheResponse) {
  const auto outcome = runShell("echo one; printf 'two\\nthree'");
  EXPECT_EQ(outcome.status, ExitStatus::Success);
  EXPECT_EQ(outcome.cause, Cause::Finished);
  EXPECT_EQ(outcome.response, "one two three");
}

TEST_F(ProgramTaskTest, PassesArgumentsWithoutAShell) {
  EXPECT_EQ(
      run({.command = {"/bin/echo", "hello {name}", "{list}", "{{x}}"}}, {{"name", "$(id); rm -rf"}, {"list", {1, 2}}})
          .response,
      "hello $(id); rm -rf [1,2] {x}");
}

TEST_F(ProgramTaskTest, FailsWithAnInputErrorWhenAParameterIsMissing) {
  const auto outcome = run({.command = {"/bin/echo", "{name}"}});
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.cause, Cause::Threw);
  EXPECT_EQ(outcome.thrown->type, "leptir::InputError");
  EXPECT_THAT(outcome.response, HasSubstr("Parameter: name"));
}

TEST_F(ProgramTaskTest, FindsAProgramWithoutASlashInThePath) {
  EXPECT_EQ(run({.command = {"echo", "x"}}).response, "x");
}

TEST_F(ProgramTaskTest, WritesParametersToStdinAsTheyWerePushed) {
  const std::string pushed = "{\"zeta\":123456789012345678901234, \"f\":1.50,\n\"alpha\":\"č\\u010d/\"}";
  const auto heard = runText({.command = {"/bin/cat"}}, pushed).response;
  EXPECT_THAT(heard, HasSubstr(R"("parameters":{"zeta":123456789012345678901234, "f":1.50, "alpha":"č\u010d/"},)"));
}

TEST_F(ProgramTaskTest, DoesNotStartTheProgramWhenTheParametersAreNoJson) {
  const auto outcome = runText({.command = {"/bin/cat"}}, "{\"a\":nonsense}");
  EXPECT_EQ(outcome.thrown->type, "leptir::InputError");
  EXPECT_THAT(outcome.response, HasSubstr("Parameters cannot be read: not JSON at byte"));
}

TEST_F(ProgramTaskTest, WritesTheTaskToStdinAsOneLineOfJson) {
  EXPECT_EQ(
      runShell("cat", {{"b", 1.0}, {"a", "č/"}}).response,
      R"({"id":"id\/1","name":"prog","parameters":{"a":"\u010d/","b":1.0},"attempt":2,"fence":77,"timeLimit":30})");
  EXPECT_EQ(runShell("wc -l").response, "1");
}

TEST_F(ProgramTaskTest, WritesJsonThatPythonCanRead) {
  EXPECT_EQ(run({.command = {"python3", "-c", "import json,sys; print(json.load(sys.stdin)['parameters']['n'] + 1)"}},
                {{"n", 41}})
                .response,
            "42");
}

TEST_F(ProgramTaskTest, SucceedsWhenTheProgramDoesNotReadItsStdin) {
  EXPECT_EQ(runShell("exec 0<&-; echo done", {{"large", std::string(1'000'000, 'x')}}).response, "done");
}

TEST_F(ProgramTaskTest, WritesALargeTaskToStdinCompletely) {
  EXPECT_GT(std::stol(runShell("wc -c", {{"large", std::string(8'000'000, 'x')}}).response), 8'000'000);
}

TEST_F(ProgramTaskTest, GivesTheProgramOnlyTheDocumentedEnvironment) {
  ::setenv("HOME", "/home/tester", 1);
  ::setenv("LANG", "C.UTF-8", 1);
  ::setenv("LEPTIR_TEST_SECRET", "hush", 1);
  const auto outcome =
      run({.command = {"/usr/bin/env"}, .environment = {{"COLOUR", "blue"}, {"LANG", "C"}, {"LEPTIR_FENCE", "1"}}});
  ::unsetenv("LEPTIR_TEST_SECRET");
  EXPECT_THAT(outcome.response, StartsWith("COLOUR=blue HOME=/home/tester LANG=C LEPTIR_ATTEMPT=2 LEPTIR_FENCE=77 "
                                           "LEPTIR_SESSION=session/1 LEPTIR_TASK_ID=id/1 PATH=" +
                                           std::string(::getenv("PATH")) + " LEPTIR_RESULT=/proc/" +
                                           std::to_string(::getpid()) + "/fd/"));
}

TEST_F(ProgramTaskTest, RunsTheProgramInItsWorkingDirectory) {
  const auto real = std::filesystem::canonical(folder.path()).string();
  EXPECT_EQ(run({.command = {"/bin/pwd"}, .directory = real}).response, real);
}

TEST_F(ProgramTaskTest, FindsARelativeProgramInItsWorkingDirectory) {
  const auto script = folder.write("run", "#!/bin/sh\necho here\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  EXPECT_EQ(run({.command = {"./run"}, .directory = folder.path().string()}).response, "here");
}

TEST_F(ProgramTaskTest, PassesNoDescriptorsOfTheWorkerToTheProgram) {
  const int leaked = ::dup(STDERR_FILENO);  // without close-on-exec
  const auto outcome = runShell("ls /proc/self/fd | tr '\\n' ' '");
  ::close(leaked);
  EXPECT_EQ(outcome.response, "0 1 2 3 4 ") << "3 takes result lines, and 4 is the directory that ls reads";
}

TEST_F(ProgramTaskTest, StartsTheProgramWithDefaultSignalHandlersAndNoBlockedSignals) {
  sigset_t blocked, before;
  ::sigfillset(&blocked);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  ::signal(SIGUSR1, SIG_IGN);
  const auto outcome = runShell("grep -E 'SigBlk|SigIgn' /proc/self/status | cut -f2");
  ::signal(SIGUSR1, SIG_DFL);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::istringstream masks(outcome.response);
  std::uint64_t stillBlocked = 0, stillIgnored = 0;
  masks >> std::hex >> stillBlocked >> stillIgnored;
  EXPECT_EQ(stillBlocked, 0u);
  EXPECT_EQ(stillIgnored & 0x7fffffff, 0u) << "signals 32 and 33 are the C library's own";
}

TEST_F(ProgramTaskTest, MakesTheProgramLeadAProcessGroupInTheWorkersSession) {
  int program = 0, group = 0, session = 0;
  std::istringstream(runShell("echo $$; cut -d' ' -f5,6 /proc/self/stat").response) >> program >> group >> session;
  EXPECT_GT(group, 0);
  EXPECT_EQ(group, program);
  EXPECT_EQ(session, ::getsid(0));
}

TEST_F(ProgramTaskTest, IsAWarningWithAConfiguredExitCode) {
  const auto outcome = run({.command = {"/bin/sh", "-c", "echo hm; exit 3"}, .warningExitCodes = {2, 3}});
  EXPECT_EQ(outcome.status, ExitStatus::Warning);
  EXPECT_EQ(outcome.response, "hm");
}

TEST_F(ProgramTaskTest, IsAnErrorWithAnyExitCodeThatIsNotConfigured) {
  const auto outcome = runShell("echo hm; exit 4");
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.cause, Cause::Finished);
  EXPECT_EQ(outcome.response, "hm Program exited with code 4.");
}

TEST_F(ProgramTaskTest, WritesStderrToTheLogAndToTheRecord) {
  const auto outcome = runShell("echo trouble >&2; printf 'more' >&2; exit 1");
  EXPECT_EQ(outcome.stderrTail, "trouble\nmore");
  const auto log = readWholeFile(logFile);
  EXPECT_THAT(log, HasSubstr("WARN (4): [id/1](prog) trouble\n"));
  EXPECT_THAT(log, HasSubstr("WARN (4): [id/1](prog) more\n"));
}

TEST_F(ProgramTaskTest, LogsOnlyTheBeginningOfALongStderr) {
  runShell("yes trouble | head -c 10000000 >&2; echo the end >&2");
  const auto log = readWholeFile(logFile);
  EXPECT_LT(log.size(), 10 * kMaxProgramOutput);
  EXPECT_THAT(log, HasSubstr("[More of the program's stderr is not logged: 64 KiB of a run are."));
  EXPECT_THAT(log, testing::Not(HasSubstr("the end")));
}

TEST_F(ProgramTaskTest, RecordsTheEndOfALongStderr) {
  const auto outcome = runShell("head -c 1000000 /dev/zero | tr '\\0' x >&2; echo the end >&2");
  EXPECT_EQ(outcome.stderrTail.size(), kMaxProgramOutput);
  EXPECT_TRUE(outcome.stderrTail.ends_with("xthe end\n"));
}

TEST_F(ProgramTaskTest, ReadsAndDropsStdoutBeyondItsLimit) {
  const auto outcome = runShell("head -c 100000000 /dev/zero | tr '\\0' x; exit 7");
  EXPECT_THAT(
      outcome.response,
      StartsWith(std::string(kMaxProgramOutput, 'x').append(" [The program's output was cut here: 64 KiB are kept.]")));
  EXPECT_THAT(outcome.response, HasSubstr("exited with code 7"));
}

TEST_F(ProgramTaskTest, KeepsOutputBytesThatAreNotUtf8) {
  EXPECT_EQ(runShell("printf '\\377\\001'").response, "\xff\x01");
}

TEST_F(ProgramTaskTest, RecordsACrashWhenASignalEndsTheProgram) {
  const auto outcome = runShell("echo before; kill -SEGV $$");
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.cause, Cause::Crashed);
  EXPECT_EQ(outcome.signal, SIGSEGV);
  EXPECT_EQ(outcome.response, "before Program was ended by signal 11 (Segmentation fault).");
  EXPECT_FALSE(outcome.thrown);
}

TEST_F(ProgramTaskTest, NamesTheProgramThatCannotBeStartedAndTheReason) {
  EXPECT_EQ(run({.command = {"/no/such/program"}}).response,
            "LeptirTaskException occurred. Program did not run: /no/such/program: no such file or directory");
  EXPECT_EQ(
      run({.command = {folder.write("plain", "x").string()}}).response,
      "LeptirTaskException occurred. Program did not run: " + (folder / "plain").string() + ": permission denied");
  EXPECT_EQ(run({.command = {"/bin/true"}, .directory = "/no/such/folder"}).response,
            "LeptirTaskException occurred. Program did not run: working directory: /no/such/folder: no such file or "
            "directory");
  const auto script = folder.write("script", "#!/no/such/interpreter\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  EXPECT_THAT(run({.command = {script.string()}}).response,
              HasSubstr(script.string() + ": the interpreter that its first line names cannot be executed: " +
                        "'/no/such/interpreter': no such file or directory"));
  EXPECT_THAT(run({.command = {"/bin/true", "{x}"}}, {{"x", std::string(4'000'000, 'x')}}).response,
              HasSubstr("argument list too long"));
}

TEST_F(ProgramTaskTest, NamesTheMissingInterpreterOfARelativeProgram) {
  const auto script = folder.write("run.sh", "#!/bin/sh\r\necho x\r\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  for (const auto& program : {std::string("./run.sh"), "../" + folder.path().filename().string() + "/run.sh"}) {
    EXPECT_THAT(run({.command = {program}, .directory = folder.path().string()}).response,
                HasSubstr(program +
                          ": the interpreter that its first line names cannot be executed: '/bin/sh\\r': no such file "
                          "or directory (the line ends with a carriage return: store the file with Unix line ends)"));
  }
}

TEST_F(ProgramTaskTest, LooksForTheProgramInTheConfiguredPath) {
  const auto tool = folder.write("leptir-tool", "#!/bin/sh\necho found\n");
  std::filesystem::permissions(tool, std::filesystem::perms::owner_all);
  const auto path = folder.path().string();
  EXPECT_EQ(run({.command = {"leptir-tool"}, .environment = {{"PATH", "/nowhere:" + path}}}).response, "found");
  EXPECT_EQ(run({.command = {"leptir-tool"}, .environment = {{"PATH", "."}}, .directory = path}).response, "found");
  EXPECT_EQ(
      run({.command = {"leptir-tool"}, .environment = {{"PATH", "/nowhere:/bin"}}}).response,
      "LeptirTaskException occurred. Program did not run: leptir-tool: no such file or directory in the folders of "
      "PATH (/nowhere:/bin)");
}

TEST_F(ProgramTaskTest, ReportsAMissingProgramBeforeTheFirstTask) {
  EXPECT_TRUE(checkProgram({.command = {"sh"}}));
  EXPECT_TRUE(checkProgram({.command = {"{program}"}})) << "the program is a parameter of the task";
  EXPECT_EQ(checkProgram({.command = {"sh"}, .directory = "/no/folder"}).error().message(),
            "working directory: /no/folder: no such file or directory");
  EXPECT_EQ(checkProgram({.command = {"sh"}, .environment = {{"PATH", "/nowhere"}}}).error().message(),
            "sh: no such file or directory in the folders of PATH (/nowhere)");
  EXPECT_EQ(checkProgram({.command = {"/no/program"}}).error().message(), "/no/program: no such file or directory");
  const auto script = folder.write("script", "#! /no/interpreter -x\n");
  EXPECT_EQ(checkProgram({.command = {script.string()}}).error().message(), script.string() + ": permission denied");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  EXPECT_THAT(checkProgram({.command = {"./script"}, .directory = folder.path().string()}).error().message(),
              HasSubstr("'/no/interpreter': no such file or directory"));
}

// Why checkProgram rejects an executable file with this content; empty: it accepts the file.
std::string whyNot(const TempDir& folder, const std::string& content) {
  const auto file = folder.write("program", content);
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  const auto checked = checkProgram(
      {.command = {"./program"}, .environment = {{"PATH", "/usr/bin:/bin"}}, .directory = folder.path().string()});
  return checked ? std::string() : checked.error().message();
}

TEST_F(ProgramTaskTest, ReportsAMissingInterpreterBeforeTheFirstTask) {
  EXPECT_EQ(whyNot(folder, "#! /bin/sh -e \n"), "");
  EXPECT_EQ(whyNot(folder, "#!/usr/bin/env sh\n"), "");
  EXPECT_EQ(whyNot(folder, "#!/usr/bin/env -S sh -e\n"), "");
  EXPECT_EQ(whyNot(folder, "#!/usr/bin/env -i nosuchinterp\n"), "") << "options of env are not interpreted";
  EXPECT_EQ(whyNot(folder, "#!\n"), "./program: its first line names no interpreter behind #!");
  constexpr const char* kNotFound =
      "./program: the interpreter that its first line names is not found by env: nosuchinterp: no such file or "
      "directory in the folders of PATH (/usr/bin:/bin)";
  EXPECT_EQ(whyNot(folder, "#!/usr/bin/env nosuchinterp\n"), kNotFound);
  EXPECT_EQ(whyNot(folder, "#!/usr/bin/env -S nosuchinterp -u\n"), kNotFound);
  EXPECT_THAT(whyNot(folder, "#!/usr/bin/env sh\r\n"), HasSubstr("(the line ends with a carriage return"));
  const auto interpreter = folder.write("interpreter", "#!/no/such/interpreter\n").string();
  std::filesystem::permissions(interpreter, std::filesystem::perms::owner_all);
  EXPECT_EQ(whyNot(folder, "#!" + interpreter + "\n"),
            "./program: " + interpreter +
                ": the interpreter that its first line names cannot be executed: '/no/such/interpreter': no such file "
                "or directory");
  EXPECT_THAT(whyNot(folder, "#!./program\n"), HasSubstr("too many interpreters"));
}

TEST_F(ProgramTaskTest, RejectsFilesThatAreNoScriptAndNoBinaryWithAnExistingLoader) {
  if (std::filesystem::exists("/proc/sys/fs/binfmt_misc/status"))
    GTEST_SKIP() << "this machine may know more formats (binfmt_misc)";
  for (const auto* content : {"", "echo hello\n", "\x01\x02\x03"})
    EXPECT_THAT(whyNot(folder, content), HasSubstr("./program: neither a binary nor a script whose first line names"));
  EXPECT_THAT(run({.command = {(folder / "program").string()}}).response, HasSubstr("neither a binary nor a script"));
  auto binary = readWholeFile("/bin/sh");
  EXPECT_EQ(whyNot(folder, binary), "");
  const auto loader = binary.find("/ld-");
  ASSERT_NE(loader, std::string::npos);
  binary.replace(loader, 4, "/no-");
  EXPECT_THAT(whyNot(folder, binary), HasSubstr("./program: the loader that it asks for cannot be executed: '/lib"));
}

TEST_F(ProgramTaskTest, EndsAlthoughAChildOfTheProgramKeepsTheOutputOpen) {
  const auto outcome = runShell("sleep 1000 & echo $!");
  const pid_t left = std::stoi(outcome.response);
  EXPECT_EQ(::kill(left, 0), 0);
  ::kill(left, SIGKILL);
  EXPECT_EQ(outcome.status, ExitStatus::Success);
  EXPECT_LT(outcome.executionTime, 30s);
}

TEST_F(ProgramTaskTest, StoresTheOutputSoFarWhenAStopIsRequested) {
  const auto go = folder / "go";
  std::vector<std::string> left;
  onProvisionalOutcome = [&](const Outcome& unfinished) {
    left.push_back(unfinished.response + "|" + unfinished.stderrTail);
    if (left.size() == 2) folder.write("go", "");
    return left.size() > 1;  // the first attempt fails
  };
  std::thread stopper([&] {
    waitUntil([&] { return std::filesystem::exists(folder / "said"); });
    stop.requestStop();
  });
  const auto outcome = runShell("echo one; echo err >&2; : >" + (folder / "said").string() + "; until [ -e " +
                                go.string() + " ]; do sleep 0.01; done; printf two");
  stopper.join();
  EXPECT_EQ(outcome.response, "one two");
  ASSERT_GE(left.size(), 2u);
  EXPECT_EQ(left[0], "one|err\n");
  EXPECT_EQ(left[1], "one|err\n") << "stored again, since the first attempt failed";
}

TEST_F(ProgramTaskTest, MeasuresTheCpuTimeOfTheProgram) {
  EXPECT_GT(runShell("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done").cpuTime, 10ms);
}

TEST_F(ProgramTaskTest, WorksInAProcessWhoseStandardStreamsAreClosed) {
  const auto child = ::fork();
  if (child == 0) {
    for (const int stream : {0, 1, 2}) ::close(stream);
    const auto outcome = runShell("cat >/dev/null; echo out; echo err >&2");
    ::_exit(outcome.response == "out" && outcome.stderrTail == "err\n" ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// Limits the number of descriptors of this process until it is destroyed.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t most) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit now{most, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(ProgramTaskTest, RetriesTheStartUntilDescriptorsAreAvailable) {
  auto limit = std::make_optional<DescriptorLimit>(3);
  std::jthread relief([&] {
    std::this_thread::sleep_for(200ms);
    limit.reset();
  });
  const auto outcome = runShell("echo ran");
  EXPECT_EQ(outcome.response, "ran");
  EXPECT_THAT(readWholeFile(logFile),
              HasSubstr("The program of this task cannot be started at the moment, trying again: "));
  EXPECT_THAT(readWholeFile(logFile), HasSubstr("too many open files"));
}

TEST_F(ProgramTaskTest, DoesNotRetryTheStartAfterAStopRequest) {
  const DescriptorLimit limit(3);
  stop.requestStop();
  const auto outcome = runShell("echo ran");
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_THAT(outcome.response, HasSubstr("Program did not run: "));
  EXPECT_LT(outcome.executionTime, 20s);
}

TEST_F(ProgramTaskTest, DoesNotRetryTheStartWhenTheLimitOfTheTaskNameIsTheReason) {
  const DescriptorLimit limit(3);
  limits.openFiles = 3;
  const auto outcome = runShell("echo ran");
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_THAT(outcome.response, HasSubstr("Program did not run: "));
  EXPECT_THAT(outcome.response, HasSubstr("the limit 'open_files' of its name leaves too few descriptors"));
  EXPECT_LT(outcome.executionTime, 20s);
}

TEST_F(ProgramTaskTest, CanReadParametersLargerThanItsLimitOnFileSizes) {
  limits.fileSize = 4096;
  const auto isRun = [&] {
    ::signal(SIGXFSZ, SIG_DFL);
    const rlimit soft{4096, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &soft);
    const auto outcome = runShell(
        "wc -c; n=0; until [ $(ulimit -H -f) = 8 ] || [ $n = 1000 ]; do n=$((n+1)); sleep 0.01; done; ulimit -H -f",
        {{"text", std::string(10'000, 'x')}});
    return std::stoi(outcome.response) > 10'000 && outcome.response.ends_with(" 8");  // blocks of 512 bytes
  };
  EXPECT_TRUE(inChild(isRun));
}

TEST_F(ProgramTaskTest, LeaksNoDescriptorsAndNoProcesses) {
  const auto descriptors = [] {
    const std::filesystem::directory_iterator entries("/proc/self/fd");
    return std::distance(begin(entries), end(entries));
  };
  runShell("true");
  const auto before = descriptors();
  for (int i = 0; i < 20; ++i) runShell("true");
  run({.command = {"/no/such/program"}});
  EXPECT_EQ(descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

}  // namespace
}  // namespace leptir::task
