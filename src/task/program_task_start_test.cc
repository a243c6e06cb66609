// Programs as tasks: programs that cannot be started, and what is found before the first task.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "task/program_lookup.h"
#include "task/program_task_fixture.h"

namespace leptir::task {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace leptir::task
