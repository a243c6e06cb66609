// Replies as a server sends them, split at any byte, and bytes that no server would send.
#include "backends/redis/redis_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace leptir::redis {
namespace {

using ::testing::HasSubstr;
using Kind = RedisValue::Kind;

std::vector<RedisReply> repliesTo(std::string_view bytes) {
  RedisReader reader;
  const auto fed = reader.feed(bytes);
  EXPECT_TRUE(fed) << fed.error().message();
  EXPECT_TRUE(reader.isBetweenReplies());
  return reader.take();
}

// A value as text for comparisons.
std::string written(RedisValue value) {
  switch (value.kind()) {
    case Kind::Nil:
      return "nil";
    case Kind::Integer:
      return std::to_string(value.integer());
    case Kind::List: {
      std::string text = "[";
      for (std::size_t i = 0; i < value.size(); ++i) text += written(value[i]) + " ";
      return text + "]";
    }
    default:
      return std::to_string(static_cast<int>(value.kind())) + "'" + std::string(value.text()) + "'";
  }
}

const std::string kSeveral =
    "+OK\r\n:42\r\n$-1\r\n$0\r\n\r\n-ERR no\r\n*-1\r\n*0\r\n"
    "*3\r\n$5\r\nhello\r\n*2\r\n:1\r\n*1\r\n$2\r\n\r\n\r\n:-7\r\n$3\r\n123\r\n";

TEST(RedisReader, ReadsEveryKindOfReply) {
  const auto replies = repliesTo(kSeveral);
  std::string all;
  for (const auto& reply : replies) all += written(reply.value()) + ";";
  EXPECT_EQ(all, "2'OK';42;nil;1'';5'ERR no';nil;[];[1'hello' [1 [1'\r\n' ] ] -7 ];1'123';");
  EXPECT_EQ(replies.back().value().integer(), 123);
  EXPECT_EQ(replies[7].value()[0].integer(), 0) << "the integer of a text that is no number";
  EXPECT_EQ(replies[1].value().text(), "");
}

TEST(RedisReader, ReadsTheSameRepliesWhereverTheBytesAreSplit) {
  for (std::size_t cut = 1; cut < kSeveral.size(); ++cut) {
    RedisReader reader;
    ASSERT_TRUE(reader.feed(kSeveral.substr(0, cut)));
    ASSERT_TRUE(reader.feed(kSeveral.substr(cut)));
    const auto replies = reader.take();
    ASSERT_EQ(replies.size(), 9u) << cut;
    EXPECT_EQ(written(replies[7].value()), "[1'hello' [1 [1'\r\n' ] ] -7 ]") << cut;
  }
}

TEST(RedisReader, RepliesStayValidAfterLaterRepliesAndTheReadersEnd) {
  std::vector<RedisReply> first;
  {
    RedisReader reader;
    ASSERT_TRUE(reader.feed("$5\r\nfirst\r\n"));
    first = reader.take();
    ASSERT_TRUE(reader.feed("$6\r\nsecond\r\n"));
    EXPECT_EQ(reader.take().at(0).value().text(), "second");
  }
  EXPECT_EQ(first.at(0).value().text(), "first");
}

TEST(RedisReader, BytesThatAreNoReplyAreUnavailable) {
  for (const std::string bytes :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "\x15\x03\x03", "*3\r\n?\r\n", "$abc\r\n", ":4x\r\n", "$-2\r\n", "*-5\r\n",
        "*99999999999999999999\r\n", "*2147483648\r\n", "$9223372036854775808\r\n"}) {
    RedisReader reader;
    const auto fed = reader.feed(bytes);
    ASSERT_FALSE(fed) << bytes;
    EXPECT_EQ(fed.error().code(), ErrorCode::Unavailable);
    EXPECT_THAT(fed.error().message(), HasSubstr("no redis-server would"));
  }
}

TEST(RedisReader, RefusesListsLargerThanItsLimitWhenTheyAreAnnounced) {
  for (const std::string bytes : {"*1000000000\r\n", "*2147483647\r\n"}) {
    RedisReader reader;
    EXPECT_FALSE(reader.feed(bytes)) << bytes;
  }
  RedisReader lists;
  EXPECT_TRUE(lists.feed("*4000000\r\n*4000\r\n"));
  EXPECT_FALSE(lists.feed("*4000000\r\n")) << "the limit is for all lists of one reply together";
}

TEST(RedisReader, RefusesATextThatNeverEnds) {
  RedisReader reader;
  ASSERT_TRUE(reader.feed("$999999999999\r\n"));
  const std::string megabyte(1 << 20, 'x');
  std::size_t taken = 0;
  while (taken < 1000 && reader.feed(megabyte)) ++taken;
  EXPECT_LT(taken, 100u);
}

TEST(RedisReader, RefusesListsNestedDeeperThanAnyReply) {
  const auto nested = [](int levels) {
    std::string bytes;
    for (int i = 0; i < levels; ++i) bytes += "*1\r\n";
    return bytes + ":7\r\n";
  };
  EXPECT_TRUE(RedisReader().feed(nested(7)));
  for (const int levels : {8, 9, 12, 100'000}) EXPECT_FALSE(RedisReader().feed(nested(levels))) << levels;
}

// Mostly bytes that the protocol uses: they get further into the parser than arbitrary ones.
std::string randomBytes(std::mt19937& random) {
  static constexpr std::string_view kAlphabet = "$*:+-\r\n0123456789abc";
  std::string bytes(random() % 200, 0);
  const bool anything = random() % 4 == 0;
  for (auto& byte : bytes) byte = anything ? static_cast<char>(random()) : kAlphabet[random() % kAlphabet.size()];
  return bytes;
}

// A real reply with a few bytes changed, doubled or gone.
std::string damaged(std::mt19937& random) {
  std::string bytes = kSeveral;
  for (auto times = random() % 4; times > 0; --times) {
    const auto at = random() % bytes.size();
    const auto deed = random() % 3;
    if (deed == 0) bytes[at] = static_cast<char>(random());
    if (deed == 1) bytes.insert(at, bytes.substr(at, random() % 8));
    if (deed == 2) bytes.erase(at, random() % 8 + 1);
    if (bytes.empty()) return bytes;
  }
  return bytes;
}

TEST(RedisReader, DoesNotCrashOnFuzzedReplies) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::size_t errors = 0, replies = 0;
  for (int round = 0; round < 200'000; ++round) {
    RedisReader reader;
    const auto bytes = random() % 2 == 0 ? randomBytes(random) : damaged(random);
    Result<void> fed;
    for (std::size_t at = 0; fed && at < bytes.size();) {
      const auto piece = random() % 40 + 1;
      fed = reader.feed(std::string_view(bytes).substr(at, piece));
      at += piece;
    }
    errors += fed ? 0 : 1;
    if (!fed || !reader.isBetweenReplies()) continue;
    for (const auto& reply : reader.take()) replies += written(reply.value()).size();
  }
  EXPECT_GT(errors, 10'000u);
  EXPECT_GT(replies, 10'000u);
}

}  // namespace
}  // namespace leptir::redis
