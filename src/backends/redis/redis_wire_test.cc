#include "backends/redis/redis_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;

// A server that has sent something and closed the connection before the first request.
class HungUp final : public RedisSocket {
 public:
  explicit HungUp(std::string said) : said_(std::move(said)) {}

  Result<std::size_t> send(std::string_view) override {
    return Error(ErrorCode::Unavailable, "the connection broke: broken pipe");
  }
  Result<std::size_t> receive(std::span<char> into) override {
    if (said_.empty()) return Error(ErrorCode::Unavailable, "closed the connection");
    const auto count = std::min<std::size_t>({said_.size(), into.size(), 7});
    std::copy_n(said_.begin(), count, into.begin());
    said_.erase(0, count);
    return count;
  }
  int descriptor() const override { return -1; }
  short events(bool) const override { return 0; }

 private:
  std::string said_;
};

Error afterHearing(const std::string& said) {
  RedisWire wire(std::make_unique<HungUp>(said));
  const std::string_view words[]{"PING"};
  wire.put(words);
  const auto collected = wire.collect(1s);
  return collected ? Error(ErrorCode::Internal, "it went well") : collected.error();
}

TEST(RedisWire, ReportsWhatTheServerSentBeforeItClosed) {
  const auto error = afterHearing("-ERR max number of clients reached\r\n");
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_EQ(error.message(), "has as many clients as it takes: raise its maxclients");
}

TEST(RedisWire, ReportsTheSocketErrorIfTheServerSentNoReason) {
  EXPECT_EQ(afterHearing("").message(), "the connection broke: broken pipe");
  EXPECT_EQ(afterHearing("+OK\r\n").message(), "the connection broke: broken pipe");
  EXPECT_EQ(afterHearing("-ERR max number of cli").message(), "the connection broke: broken pipe") << "half a reply";
}

// Old servers quote the arguments of AUTH.
TEST(RedisWire, DoesNotRepeatServerTextThatMayQuoteAPassword) {
  EXPECT_EQ(afterHearing("-ERR invalid password geheim\r\n").message(), "refuses the password: correct 'password'");
  EXPECT_EQ(afterHearing("-ERR something else: geheim\r\n").message(), "the connection broke: broken pipe");
}

}  // namespace
}  // namespace leptir::redis
