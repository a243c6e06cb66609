// What each error reply of a server means to leptir: error code, whether the connection ends, advice.
#include "backends/redis/redis_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::redis {
namespace {

using enum ErrorCode;
using ::testing::HasSubstr;
constexpr auto Stays = RedisRefusal::Connection::Stays;
constexpr auto Ends = RedisRefusal::Connection::Ends;

struct Reply {
  std::string text;
  ErrorCode code;
  RedisRefusal::Connection connection;
  std::string advice;
};

class RedisErrors : public testing::TestWithParam<Reply> {};

TEST_P(RedisErrors, HaveACodeAndAdvice) {
  const auto refusal = refusalOf(GetParam().text);
  EXPECT_EQ(refusal.code, GetParam().code);
  EXPECT_EQ(refusal.connection, GetParam().connection);
  EXPECT_EQ(errorFrom(GetParam().text).code(), GetParam().code);
  EXPECT_THAT(errorFrom(GetParam().text).message(), HasSubstr(GetParam().advice));
}

// The texts are of Redis 7.0, unless a comment names another version.
INSTANTIATE_TEST_SUITE_P(
    All, RedisErrors,
    testing::Values(
        Reply{"NOSCRIPT No matching script. Please use EVAL.", Unavailable, Stays, "script"},
        Reply{"LOADING Redis is loading the dataset in memory", Unavailable, Ends, "still loading"},
        Reply{"READONLY You can't write against a read only replica.", Unavailable, Ends, "name its primary"},
        Reply{"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", Unavailable, Ends,
              "lost its primary"},
        Reply{"UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
              Unavailable, Ends, "became a replica"},
        Reply{"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", Unavailable,
              Stays, "long-running script"},
        Reply{"TRYAGAIN Multiple keys request during rehashing of slot", Unavailable, Stays, "moving keys"},
        Reply{"ASK 3999 127.0.0.1:6381", Unavailable, Stays, "moving keys"},
        Reply{"CLUSTERDOWN Hash slot not served", Unavailable, Stays, "cluster"},
        Reply{"NOREPLICAS Not enough good replicas to write.", Unavailable, Stays, "min-replicas-to-write"},
        Reply{"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
              Unavailable, Stays, "cannot save"},
        Reply{"ERR max number of clients reached", Unavailable, Ends, "maxclients"},
        Reply{"OOM command not allowed when used memory > 'maxmemory'.", Unavailable, Stays, "full (maxmemory)"},
        Reply{"OOM command not allowed when used memory > 'maxmemory'. script: 5b7d, on @user_script:1.", Unavailable,
              Stays, "full (maxmemory)"},
        // 6.2
        Reply{"ERR Error running script (call to f_5b7d): @user_script:1: @user_script: 1: -OOM command not allowed "
              "when used memory > 'maxmemory'.",
              Unavailable, Stays, "full (maxmemory)"},
        Reply{"ERR Error running script (call to f_5b7d): @user_script:4: WRONGTYPE Operation against a key holding "
              "the wrong kind of value",
              Invalid, Stays, "choose another 'key'"},
        Reply{"NOAUTH Authentication required.", Invalid, Ends, "set 'password'"},
        Reply{"NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH "
              "<user> <pass> option can be used to authenticate the client",
              Invalid, Ends, "set 'password'"},
        Reply{"WRONGPASS invalid username-password pair or user is disabled.", Invalid, Ends, "correct 'user'"},
        Reply{"ERR invalid password", Invalid, Ends, "correct 'password'"},
        Reply{"ERR AUTH <password> called without any password configured for the default user. Are you sure your "
              "configuration is correct?",
              Invalid, Ends, "leave 'password' out"},
        Reply{"NOPERM this user has no permissions to run the 'zadd' command", Invalid, Stays, "extend its rights"},
        // Within a script: one of 8, one of 7.0, two of 6.2.
        Reply{"ERR ACL failure in script: User u has no permissions to run the 'zadd' command script: 2a43, on "
              "@user_script:1.",
              Invalid, Stays, "extend its rights"},
        Reply{"ERR The user executing the script can't run this command or subcommand script: 2a43, on @user_script:1.",
              Invalid, Stays, "extend its rights"},
        Reply{"ERR Error running script (call to f_2a43): @user_script:1: @user_script: 1: -NOPERM this user has no "
              "permissions to run the 'zadd' command",
              Invalid, Stays, "extend its rights"},
        Reply{"ERR Error running script (call to f_2a43): @user_script:1: @user_script: 1: The user executing the "
              "script can't run this command or subcommand",
              Invalid, Stays, "extend its rights"},
        Reply{"ERR Unknown Redis command called from script script: 2218, on @user_script:1.", Invalid, Stays,
              "6.2 or newer"},
        Reply{"OOM", Unavailable, Stays, "full (maxmemory)"}, Reply{"ERR", Internal, Stays, "ERR"},
        Reply{"DENIED Redis is running in protected mode because protected mode is enabled", Invalid, Ends,
              "protected mode"},
        Reply{"ERR DB index is out of range", Invalid, Ends, "correct 'database'"},
        Reply{"ERR invalid DB index", Invalid, Ends, "correct 'database'"},
        Reply{"ERR SELECT is not allowed in cluster mode", Invalid, Ends, "only database 0"},
        Reply{"WRONGTYPE Operation against a key holding the wrong kind of value", Invalid, Stays,
              "choose another 'key'"},
        Reply{"MOVED 3999 127.0.0.1:6381", Invalid, Stays, "another node"},
        Reply{"CROSSSLOT Keys in request don't hash to the same slot", Invalid, Stays, "several nodes"},
        Reply{"ERR unknown command 'ZRANGESTORE', with args beginning with: 'a'", Invalid, Stays, "6.2 or newer"},
        Reply{"ERR value is not an integer or out of range", Internal, Stays, "not an integer"},
        Reply{"", Internal, Stays, "refuses"},
        Reply{"BUSYKEY Target key name already exists.", Internal, Stays, "BUSYKEY"},
        Reply{"ERR Error running script (call to f_5b7d): @user_script", Internal, Stays, "f_5b7d"}));

TEST(RedisErrors, AreShortenedToOneLine) {
  const auto error = errorFrom("ERR \n\x1b[2J" + std::string(100'000, 'x'));
  EXPECT_EQ(error.message().find('\n'), std::string::npos);
  EXPECT_LT(error.message().size(), 300u);
}

TEST(RedisErrors, NeverRepeatAPasswordThatTheServerQuotes) {
  for (const std::string reply :
       {"ERR unknown command 'AUTH', with args beginning with: 'geheim'", "ERR 'geheim' is wrong", "geheim"}) {
    const auto error = errorOfLogin(reply);
    EXPECT_EQ(error.code(), Invalid);
    EXPECT_THAT(error.message(), Not(HasSubstr("geheim"))) << reply;
  }
  EXPECT_EQ(errorOfLogin("LOADING Redis is loading the dataset in memory").code(), Unavailable);
}

}  // namespace
}  // namespace leptir::redis
