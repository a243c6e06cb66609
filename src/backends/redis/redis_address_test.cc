// The `connection` block of a configuration, right and wrong.
#include "backends/redis/redis_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/redis_address_support.h"

namespace leptir {
namespace {

using ::testing::HasSubstr;

TEST(RedisAddress, IsPhpLeptirsWhereNothingIsSaid) {
  const auto address = redisAddress(redisConnectionOf({}));
  ASSERT_TRUE(address) << address.error().message();
  EXPECT_EQ(address->scheme, RedisAddress::Scheme::Tcp);
  EXPECT_EQ(address->where(), "redis 127.0.0.1:6379");
  EXPECT_EQ(address->database, 0);
  EXPECT_TRUE(address->verify);
  EXPECT_EQ(address->operationTimeout, std::chrono::seconds(5));
}

TEST(RedisAddress, TakesEveryKey) {
  const auto address = redisAddress(redisConnectionOf({{"scheme", "rediss"},
                                                       {"host", "::1"},
                                                       {"port", 7000},
                                                       {"database", 3},
                                                       {"user", "leptir"},
                                                       {"password", "geheim"},
                                                       {"connect_timeout", 0.25},
                                                       {"operation_timeout", 1},
                                                       {"verify", false},
                                                       {"ca_file", "/ca.pem"},
                                                       {"certificate_file", "/me.pem"},
                                                       {"key_file", "/me.key"}}));
  ASSERT_TRUE(address) << address.error().message();
  EXPECT_EQ(address->scheme, RedisAddress::Scheme::Tls);
  EXPECT_EQ(address->where(), "redis [::1]:7000");
  EXPECT_EQ(address->database, 3);
  EXPECT_EQ(address->user, "leptir");
  EXPECT_EQ(address->connectTimeout, std::chrono::milliseconds(250));
  EXPECT_FALSE(address->verify);
  EXPECT_EQ(address->keyFile, "/me.key");
}

TEST(RedisAddress, AUnixSocketIsKnownByItsPath) {
  const auto address = redisAddress(redisConnectionOf({{"scheme", "unix"}, {"path", "/run/redis.sock"}}));
  ASSERT_TRUE(address) << address.error().message();
  EXPECT_EQ(address->where(), "redis /run/redis.sock");
}

struct Mistake {
  Json given;
  std::string said;
};

class RedisAddressMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(RedisAddressMistakes, AreSaidWithoutAnySecret) {
  const auto address = redisAddress(redisConnectionOf(GetParam().given));
  ASSERT_FALSE(address) << GetParam().given;
  EXPECT_EQ(address.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(address.error().message(), HasSubstr(GetParam().said));
  EXPECT_THAT(address.error().message(), Not(HasSubstr("geheim")));
}

INSTANTIATE_TEST_SUITE_P(
    All, RedisAddressMistakes,
    testing::Values(Mistake{{{"scheme", "geheim"}}, "tcp, rediss or unix"},
                    Mistake{{{"scheme", "unix"}}, "needs 'path'"}, Mistake{{{"path", "/run/x"}}, "is for scheme unix"},
                    Mistake{{{"host", ""}}, "'host' is empty"}, Mistake{{{"port", 0}}, "'port'"},
                    Mistake{{{"port", 65536}}, "'port'"}, Mistake{{{"port", 4294967297}}, "'port'"},
                    Mistake{{{"database", -1}}, "'database'"}, Mistake{{{"connect_timeout", 0}}, "'connect_timeout'"},
                    Mistake{{{"operation_timeout", 6}}, "'operation_timeout' must be 0.01 to 5"},
                    Mistake{{{"certificate_file", "/geheim"}}, "go together"},
                    Mistake{{{"user", "geheim"}}, "'user' needs 'password'"}));

}  // namespace
}  // namespace leptir
