// Servers whose replies are well-formed but none that a redis-server would give to the commands of leptir: each call
// must return an Error, and in bounded time, even if a scan in steps never ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "backends/redis/redis_broker.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_meta_storage.h"
#include "backends/redis/redis_session.h"
#include "leptir/spi/buried_lookup.h"
#include "tests/support/fake_redis.h"
#include "tests/support/redis_address_support.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Reads one command of a client and returns its words.
std::vector<std::string> commandFrom(FakePeer& peer) {
  const auto number = [&] {
    const auto line = peer.receive("\r\n");
    return line.size() > 2 ? std::atoi(line.c_str() + 1) : 0;
  };
  std::vector<std::string> words(static_cast<std::size_t>(number()));
  for (auto& word : words) {
    number();
    word = peer.receive("\r\n");
    word.resize(word.size() - std::min<std::size_t>(word.size(), 2));
  }
  return words;
}

using Replies = std::function<std::string(const std::vector<std::string>&)>;

// A fake server that greets like a real one and answers each further command by `replies`; where that returns an empty
// string, as an idle server would.
FakeRedis::Part answering(Replies replies) {
  return [replies = std::move(replies)](FakePeer& peer) {
    while (true) {
      const auto words = commandFrom(peer);
      if (words.empty()) return;
      const auto reply = words[0] == "HELLO" || words[0] == "PING" ? std::string() : replies(words);
      if (!reply.empty()) {
        peer.send(reply);
      } else if (words[0] == "HELLO" || words[0] == "CONFIG") {
        peer.send("*0\r\n");
      } else if (words[0] == "INFO") {
        peer.send("$0\r\n\r\n");
      } else if (words[0] == "ZSCORE") {
        peer.send("$1\r\n9\r\n");  // the session is open
      } else if (words[0] == "HGET" || words[0] == "CLIENT") {
        peer.send("$-1\r\n");
      } else if (words[0] == "ZRANGE" || words[0] == "HKEYS") {
        peer.send("*0\r\n");
      } else {
        peer.send(":1\r\n");
      }
    }
  };
}

struct OddServer {
  explicit OddServer(Replies replies) : server(answering(std::move(replies))) {}

  std::unique_ptr<RedisBroker> broker() {
    auto opened = RedisBroker::open(connection, "q");
    if (!opened) throw std::runtime_error(opened.error().message());
    return std::move(*opened);
  }
  RedisSession session() { return {std::make_shared<RedisQueue>(connection, "q", 70000), "s:1"}; }

  FakeRedis server;  // one client at a time, so all share this connection
  std::shared_ptr<RedisConnection> connection = std::make_shared<RedisConnection>(redisAt(server.socket()));
  Wake wake;
};

template <class T>
Error errorOf(const Result<T>& result) {
  return result ? Error(ErrorCode::Internal, "it went well") : result.error();
}

const std::vector<std::string>& oddReplies() {
  static const std::vector<std::string> kReplies{
      "+OK\r\n",                                     // a status
      "$-1\r\n",                                     // nothing
      "$2\r\nab\r\n",                                // a text
      ":-7\r\n",                                     // a number that means nothing
      ":9223372036854775807\r\n",                    //
      "*0\r\n",                                      // an empty list
      "*1\r\n:1\r\n",                                // lists that are too short
      "*2\r\n:1\r\n:9\r\n",                          //
      "*3\r\n:1\r\n:0\r\n:5\r\n",                    // a number instead of a list
      "*3\r\n:1\r\n:0\r\n*1\r\n:5\r\n",              // a number instead of a text
      "*3\r\n*1\r\n:99\r\n*1\r\n:99\r\n*0\r\n",      // positions out of range
      "*3\r\n*1\r\n:0\r\n*0\r\n*0\r\n",              //
      "*3\r\n*0\r\n*1\r\n:1\r\n*0\r\n",              // lists of different lengths
      "*3\r\n:9223372036854775807\r\n:0\r\n*0\r\n",  // an impossible lease number
      "*4\r\n:-1\r\n:0\r\n:0\r\n:0\r\n",             // a negative count
      "*4\r\n:1\r\n:0\r\n*0\r\n*1\r\n$1\r\na\r\n",   // an id without its reason
  };
  return kReplies;
}

// No call of a session may read past the end of a reply.
TEST(OddReplies, DoNotCrashAnyCallOfABrokerOrSession) {
  for (const auto& reply : oddReplies()) {
    SCOPED_TRACE(reply);
    OddServer odd([&](const std::vector<std::string>& words) { return words[0] == "EVALSHA" ? reply : std::string(); });
    const auto broker = odd.broker();
    auto session = odd.session();
    const std::vector<LeaseId> leases{{1, "a"}, {2, "b"}};
    const std::vector<TaskRelease> releases{{{1, "a"}, {}, Time(), "{}"}};
    const std::vector<TaskBurial> burials{{{1, "a"}, {}, "reason", "{}"}};
    BrokerTask task;
    task.id = "a", task.name = "b";
    // Some replies are valid for some calls, so results are not checked: the test passes if the process does not crash.
    (void)broker->pushBrokerTasks(std::span(&task, 1));
    (void)session.popBrokerTasks(10, 0s, odd.wake);
    (void)session.renew(leases, 1h);
    (void)session.acknowledge(leases);
    (void)session.acknowledgeAndPop(leases, 10, odd.wake);
    (void)session.release(releases);
    (void)session.bury(burials);
    (void)session.close();
    (void)broker->recoverExpired(10);
    (void)broker->tasksCount();
    (void)broker->keeper().find("id");
    const std::vector<std::string> ids{"id"};
    (void)broker->keeper().revive(ids);
    (void)broker->keeper().listBuried({});
    (void)broker->keeper().listSessions({});
    (void)dynamic_cast<BuriedLookup&>(broker->keeper()).buriedAmong(ids);
    (void)broker->keeper().list({}, "", 10);
    (void)broker->keeper().earliestDue();
    (void)broker->keeper().removeMany(ids);
    (void)broker->keeper().reschedule(ids, {});
    (void)broker->fleet()->put("a", "b", {});
    (void)broker->fleet()->erase("a");
    (void)broker->fleet()->get("a");
    (void)broker->fleet()->list("", "", 10);
    (void)broker->fleet()->version();
  }
}

TEST(OddReplies, APositionOutOfRangeIsAnError) {
  OddServer odd([&](const std::vector<std::string>& words) {
    return words[0] == "EVALSHA" ? std::string("*1\r\n:3\r\n") : std::string();
  });
  auto session = odd.session();
  const std::vector<LeaseId> leases{{1, "a"}, {2, "b"}};
  const auto error = errorOf(session.acknowledge(leases));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("answers the number 3 where leptir expects a number in its range"));
}

TEST(OddReplies, APushSucceedsOnlyIfTheServerReturnsHowManyTasksItAdded) {
  OddServer odd([&](const std::vector<std::string>& words) {
    return words[0] == "EVALSHA" ? std::string("+QUEUED\r\n") : std::string();
  });
  BrokerTask task;
  task.id = "a", task.name = "b";
  const auto broker = odd.broker();
  const auto error = errorOf(broker->pushBrokerTasks(std::span(&task, 1)));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("answers a status where leptir expects a number"));
}

// An id that contains the time when it was made, so that the hashed layout puts its record into a hash.
constexpr const char* kIdWithATime = "01932d1c-5d00-7000-8000-000000000000";

MetaInfo recordWithoutARun(std::string id) {
  MetaInfo record;
  record.id = std::move(id);
  record.type = "Test";
  return record;
}

// A command that saves a record, and the replies after which the record counts as saved.
struct CommandOfASave {
  std::string command;
  RedisLayout layout;
  std::set<std::string> right;
  std::string another;  // the reply that means that another record is stored, which is then read
};

TEST(OddReplies, ARecordCountsAsSavedOnlyAfterTheRightReply) {
  const std::vector<CommandOfASave> saves{
      {"SET", RedisLayout::Plain, {"+OK\r\n"}, "$-1\r\n"},
      {"HSETNX", RedisLayout::Hashed, {":1\r\n"}, ":0\r\n"},
      {"PEXPIRE", RedisLayout::Hashed, {":0\r\n", ":1\r\n"}, ""},
  };
  auto replies = oddReplies();
  replies.insert(replies.end(), {"+QUEUED\r\n", "$1\r\n1\r\n", "$2\r\nOK\r\n", ":0\r\n", ":1\r\n", ":2\r\n"});
  for (const auto& save : saves) {
    for (const auto& reply : replies) {
      SCOPED_TRACE(save.command + " " + reply);
      if (reply == save.another) continue;
      OddServer odd([&](const std::vector<std::string>& words) -> std::string {
        if (words[0] == save.command) return reply;
        return words[0] == "SET" ? "+OK\r\n" : "";
      });
      RedisMetaStorage storage(odd.connection, "k", save.layout, 1h);
      const auto record = recordWithoutARun(kIdWithATime);
      const auto saved = storage.saveMetaInfo(std::span(&record, 1));
      if (save.right.contains(reply)) {
        EXPECT_TRUE(saved) << saved.error().message();
      } else {
        EXPECT_EQ(errorOf(saved).code(), ErrorCode::Unavailable) << errorOf(saved).message();
      }
    }
  }
}

// The server has an older record; the compared reply is that of the script that compares and sets.
TEST(OddReplies, ARecordCountsAsReplacedOnlyAfterTheRightReply) {
  for (const auto layout : {RedisLayout::Plain, RedisLayout::Hashed}) {
    for (const std::string reply :
         {"+OK\r\n", "+QUEUED\r\n", "$1\r\n1\r\n", "$-1\r\n", ":2\r\n", "*1\r\n:1\r\n", ":1\r\n"}) {
      SCOPED_TRACE(reply);
      OddServer odd([&](const std::vector<std::string>& words) -> std::string {
        if (words[0] == "SET") return "$-1\r\n";
        if (words[0] == "HSETNX") return ":0\r\n";
        if (words[0] == "STRLEN" || words[0] == "HSTRLEN") return ":2\r\n";
        if (words[0] == "GET" || words[0] == "HGET") return "$2\r\n{}\r\n";
        if (words[0] == "SCRIPT") return "$40\r\n" + std::string(40, 'f') + "\r\n";
        return words[0] == "EVALSHA" && words[2] == "1" && words[3] != "k.failures" ? reply : "";
      });
      RedisMetaStorage storage(odd.connection, "k", layout, {});
      auto record = recordWithoutARun(kIdWithATime);
      record.lease = 7;
      const auto saved = storage.saveMetaInfo(std::span(&record, 1));
      if (reply == ":1\r\n") {
        EXPECT_TRUE(saved) << saved.error().message();
      } else {
        EXPECT_EQ(errorOf(saved).code(), ErrorCode::Unavailable) << errorOf(saved).message();
      }
    }
  }
}

TEST(OddReplies, LoadingARecordFailsOnAnyOtherReplyThanAText) {
  for (const auto layout : {RedisLayout::Plain, RedisLayout::Hashed}) {
    for (const auto& reply : oddReplies()) {
      for (const std::string command : {"STRLEN", "GET"}) {
        SCOPED_TRACE(command + " " + reply);
        if (command == "GET" && (reply == "$-1\r\n" || reply.starts_with('$'))) continue;
        OddServer odd([&](const std::vector<std::string>& words) {
          return words[0] == command || words[0] == "H" + command ? reply : std::string();
        });
        RedisMetaStorage storage(odd.connection, "k", layout, {});
        EXPECT_EQ(errorOf(storage.loadMetaInfoById(kIdWithATime)).code(), ErrorCode::Unavailable);
      }
    }
  }
}

TEST(OddReplies, FindingATaskFailsOnAnOddReplyAboutItsId) {
  for (const std::string reply : {"*0\r\n", ":7\r\n", "+OK\r\n"}) {
    SCOPED_TRACE(reply);
    OddServer odd([&](const std::vector<std::string>& words) -> std::string {
      if (words[0] == "HGET") return reply;
      return words[0] == "EVALSHA" ? "*3\r\n$1\r\n0\r\n*0\r\n:0\r\n" : "";
    });
    EXPECT_EQ(errorOf(odd.broker()->keeper().find("id")).code(), ErrorCode::Unavailable);
  }
}

TEST(OddReplies, EndingSessionsAndListingBuriedTasksFailOnOddReplies) {
  for (const std::string reply : {"$-1\r\n", "+OK\r\n", ":-1\r\n", "*1\r\n:1\r\n"}) {
    SCOPED_TRACE(reply);
    OddServer odd([&](const std::vector<std::string>& words) {
      return words[0] == "EVALSHA" || words[0] == "ZRANGE" ? reply : std::string();
    });
    const auto broker = odd.broker();
    EXPECT_EQ(errorOf(broker->endSessionsOf(std::string(32, 'a'))).code(), ErrorCode::Unavailable);
    EXPECT_EQ(errorOf(broker->keeper().listBuried({})).code(), ErrorCode::Unavailable);
  }
}

// The envelope of lease 7 is too large to be read; the odd reply is that of the script that buries it.
TEST(OddReplies, BuryingAnOversizedTaskFailsOnOddReplies) {
  for (const std::string reply : {"$-1\r\n", "+OK\r\n", ":1\r\n", "*1\r\n$2\r\nid\r\n", "*2\r\n:1\r\n:2\r\n"}) {
    SCOPED_TRACE(reply);
    OddServer odd([&](const std::vector<std::string>& words) -> std::string {
      if (words[0] == "HSTRLEN") return ":99999999\r\n";
      if (words[0] != "EVALSHA") return "";
      const bool isLook = words[7] == "0";
      return isLook ? "*5\r\n$1\r\n0\r\n*1\r\n$1\r\n7\r\n*0\r\n:0\r\n:1\r\n" : reply;
    });
    auto session = odd.session();
    EXPECT_EQ(errorOf(session.heldTasks()).code(), ErrorCode::Unavailable);
  }
}

// The scan script of a queue that seems to have three members.
TEST(OddReplies, ASearchWhoseCursorNeverEndsIsAnError) {
  OddServer odd([&](const std::vector<std::string>& words) -> std::string {
    if (words[0] == "ZCARD") return ":3\r\n";
    const bool isScan = words[0] == "EVALSHA" && words[3] == "q";
    if (isScan) return "*3\r\n$2\r\n17\r\n*0\r\n:0\r\n";
    return words[0] == "EVALSHA" ? "*0\r\n" : "";  // of the sessions
  });
  const auto broker = odd.broker();
  const auto error = errorOf(broker->keeper().find("nowhere"));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("a search through the queue does not end"));
}

// The list script of a queue that always has one more member.
TEST(OddReplies, AListThatNeverEndsIsReadInPages) {
  std::atomic<int> steps = 0;
  OddServer odd([&](const std::vector<std::string>& words) -> std::string {
    if (words[0] != "EVALSHA") return "";
    ++steps;
    return "*7\r\n:1\r\n:0\r\n*0\r\n$1\r\n7\r\n$0\r\n\r\n:0\r\n*0\r\n";
  });
  const auto page = odd.broker()->keeper().list({}, "", 10);
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_TRUE(page->tasks.empty());
  EXPECT_NE(page->cursor, "");
  EXPECT_LE(steps, 64);
}

TEST(OddReplies, AListOfTheFleetThatNeverEndsIsAnError) {
  OddServer odd([&](const std::vector<std::string>& words) -> std::string {
    return words[0] == "EVALSHA" ? "*3\r\n:0\r\n$1\r\na\r\n*0\r\n" : "";
  });
  const auto error = errorOf(odd.broker()->fleet()->list("", "", 10));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("a search through the fleet store does not end"));
}

TEST(OddReplies, AChangeOfTasksWhoseSearchNeverEndsIsAnError) {
  OddServer odd([&](const std::vector<std::string>& words) -> std::string {
    if (words[0] == "HSTRLEN") return ":0\r\n";
    if (words[0] != "EVALSHA") return "";
    const bool isRemoval = words[3].ends_with(":buried");
    return isRemoval ? "*2\r\n:1\r\n*1\r\n:1\r\n" : "*7\r\n:1\r\n:0\r\n*0\r\n$1\r\n7\r\n$0\r\n\r\n:0\r\n*0\r\n";
  });
  const auto error = errorOf(odd.broker()->keeper().removeMany(std::vector<std::string>{"id"}));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("a search through the queue does not end"));
}

TEST(OddReplies, AnEndlessIndexOfRecordsIsReadOnlyToItsLimit) {
  std::atomic<int> asked = 0;
  OddServer odd([&](const std::vector<std::string>& words) -> std::string {
    if (words[0] == "ZREVRANGE") return ++asked, "*1\r\n$1\r\na\r\n";
    return words[0] == "STRLEN" ? ":0\r\n" : words[0] == "GET" ? "$-1\r\n" : "";
  });
  RedisMetaStorage storage(odd.connection, "k", RedisLayout::Plain, {});
  const auto listed = storage.listMetaInfo({}, {});
  ASSERT_TRUE(listed) << listed.error().message();
  EXPECT_TRUE(listed->empty());
  EXPECT_EQ(asked, 100) << "10,000 entries, 100 at a time";
}

// Two servers: one whose HSCAN of a session with three tasks never ends, and one that buries a field in each read.
TEST(OddReplies, ASessionWhoseReadNeverEndsIsAnError) {
  for (const std::string buried : {"*0\r\n", "*2\r\n$2\r\nid\r\n$3\r\nwhy\r\n"}) {
    OddServer odd([&](const std::vector<std::string>& words) -> std::string {
      const auto look = "*5\r\n$2\r\n17\r\n*0\r\n" + buried + ":0\r\n:3\r\n";
      return words[0] == "EVALSHA" ? look : "";
    });
    auto session = odd.session();
    const auto error = buried[1] == '0' ? errorOf(session.heldTasks()) : errorOf(session.close());
    EXPECT_EQ(error.code(), ErrorCode::Unavailable);
    EXPECT_THAT(error.message(), HasSubstr("a search through key '{q}:leased:s:1' does not end"));
  }
}

TEST(OddReplies, AMissingElementIsNil) {
  const auto nil = RedisReply::nil();
  EXPECT_TRUE(nil.value()[0].isNil());
  EXPECT_TRUE(nil.value()[7][9].isNil());
  EXPECT_EQ(nil.value()[7].text(), "");
}

// Without a pause, a server that answers XREAD BLOCK at once would be asked thousands of times a second.
TEST(OddReplies, AServerThatAnswersABlockingReadAtOnceIsNotAskedInABusyLoop) {
  std::atomic<int> asked = 0;
  OddServer odd([&](const std::vector<std::string>& words) -> std::string {
    return words[0] == "XREAD" ? ++asked, "*-1\r\n" : "";
  });
  RedisDoorbell bell(redisAt(odd.server.socket()), "stream");
  for (int i = 0; i < 3; ++i) bell.waitForPush(100ms, odd.wake);
  EXPECT_LE(asked, 4);
}

}  // namespace
}  // namespace leptir::redis
