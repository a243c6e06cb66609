#include "aws/process_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "aws/aws_fixture.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ProcessCredentialsTest : public testing::Test {
 protected:
  // A program with this text as a shell script.
  std::string script(const std::string& text) const { return "sh '" + folder.write("a script", text).string() + "'"; }
  static Error errorOf(const std::string& command, Duration longest = seconds(30)) {
    const auto credentials = processCredentials(command, longest);
    return credentials ? Error(ErrorCode::Internal, "it gave credentials") : credentials.error();
  }

  CleanEnvironment environment;
  TempDir folder;
};

TEST_F(ProcessCredentialsTest, AreThoseThatTheProgramPrints) {
  const auto credentials = processCredentials(
      script(R"(echo '{"Version": 1, "AccessKeyId": "AK", "SecretAccessKey": "s", "SessionToken": "t",
                       "Expiration": "2099-01-01T00:00:00Z"}')"),
      seconds(30));
  EXPECT_EQ(textOf(credentials), "AK s t");
  EXPECT_EQ(credentials->expires, Time(std::chrono::sys_days(std::chrono::year(2099) / 1 / 1)));
}

TEST_F(ProcessCredentialsTest, TheProgramHasNoInputAndNoDescriptorsOfOurs) {
  const auto credentials = processCredentials(script(R"sh(
      read line
      descriptors=$(ls /proc/$$/fd | tr '\n' ,)
      echo '{"Version":1,"AccessKeyId":"'$descriptors'","SecretAccessKey":"s"}'
      )sh"),
                                              seconds(30));
  ASSERT_TRUE(credentials) << credentials.error().message();
  EXPECT_THAT(credentials->accessKey, testing::StartsWith("0,1,"));
  EXPECT_LE(credentials->accessKey.size(), std::string("0,1,2,10,3,").size()) << credentials->accessKey;
}

TEST_F(ProcessCredentialsTest, OutputOfAnotherFormIsInvalidAndNeverQuoted) {
  for (const std::string output :
       {"geheim", "[]", "{}", R"({"Version":2,"AccessKeyId":"geheim","SecretAccessKey":"geheim"})",
        R"({"Version":1,"AccessKeyId":"geheim"})", R"({"Version":1,"SecretAccessKey":"geheim"})",
        R"({"Version":1,"AccessKeyId":"geheim","SecretAccessKey":"geheim","Expiration":"geheim"})"}) {
    const auto error = errorOf(script("echo '" + output + "'"));
    EXPECT_EQ(error.code(), ErrorCode::Invalid) << output;
    EXPECT_THAT(error.message(), Not(HasSubstr("geheim")));
  }
}

TEST_F(ProcessCredentialsTest, AFailureShowsStatusAndTheLastLineOfStderrButNotOfStdout) {
  const auto error = errorOf(script("echo geheim; echo first >&2; printf 'log in\\033 first\\n' >&2; exit 3"));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(),
              AllOf(HasSubstr("sh: ended with status 3: log in\\x1b first"), Not(HasSubstr("geheim"))));
  EXPECT_THAT(errorOf(script("kill -9 $$")).message(), HasSubstr("died of signal 9"));
}

TEST_F(ProcessCredentialsTest, AProgramThatCannotBeStartedIsInvalid) {
  for (const std::string command : {"/nowhere/program", "'unclosed", "''", "   "})
    EXPECT_EQ(errorOf(command).code(), ErrorCode::Invalid) << command;
}

TEST_F(ProcessCredentialsTest, AProgramThatIsTooSlowIsKilledWithItsChildren) {
  const auto pidFile = folder / "pid";
  const auto begin = systemClock().bootTime();
  const auto error = errorOf(script("sleep 600 & echo $! > '" + pidFile.string() + "'; wait"), milliseconds(500));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("did not end within 500 ms"));
  EXPECT_LE(systemClock().bootTime() - begin, seconds(20));
  const pid_t child = std::stoi(readWholeFile(pidFile));
  // An orphan may stay a zombie for a while, which has no command line any more.
  EXPECT_TRUE(waitUntil([&] { return readWholeFile("/proc/" + std::to_string(child) + "/cmdline").empty(); }));
}

TEST_F(ProcessCredentialsTest, AProgramThatWritesWithoutEndIsKilled) {
  EXPECT_THAT(errorOf("yes geheim").message(), AllOf(HasSubstr("writes too much"), Not(HasSubstr("geheim"))));
  const auto loud = processCredentials(
      script("yes | head -c 3000000 >&2; echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}'"),
      seconds(30));
  EXPECT_EQ(textOf(loud), "A s ") << "what it writes to stderr is read, and only its end is kept";
}

// Some programs leave a process behind that has their stdout.
TEST_F(ProcessCredentialsTest, AProgramHasEndedThoughAChildHoldsItsStdout) {
  const auto pidFile = (folder / "pid").string();
  const auto credentials =
      processCredentials(script("sleep 600 & echo $! > '" + pidFile +
                                "'\necho '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}'"),
                         seconds(60));
  EXPECT_EQ(textOf(credentials), "A s ");
  ::kill(std::stoi(readWholeFile(pidFile)), SIGKILL);
}

}  // namespace
}  // namespace leptir::aws
