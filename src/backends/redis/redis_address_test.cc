// The `connection` block of a configuration: defaults, all keys, and values that are refused.
#include "backends/redis/redis_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/redis_address_support.h"

namespace leptir::redis {
namespace {

using ::testing::HasSubstr;

TEST(RedisAddress, HasPhpLeptirsDefaults) {
  const auto address = redisAddress(redisConnectionOf({}));
  ASSERT_TRUE(address) << address.error().message();
  EXPECT_EQ(address->scheme, RedisAddress::Scheme::Tcp);
  EXPECT_EQ(address->where(), "redis 127.0.0.1:6379");
  EXPECT_EQ(address->database, 0);
  EXPECT_TRUE(address->verify);
  EXPECT_EQ(address->operationTimeout, std::chrono::seconds(5));
}

TEST(RedisAddress, ReadsEveryKey) {
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

TEST(RedisAddress, NamesAUnixSocketByItsPath) {
  const auto address = redisAddress(redisConnectionOf({{"scheme", "unix"}, {"path", "/run/redis.sock"}}));
  ASSERT_TRUE(address) << address.error().message();
  EXPECT_EQ(address->where(), "redis /run/redis.sock");
}

struct Refused {
  Json given;
  std::string said;
};

class InvalidRedisAddresses : public testing::TestWithParam<Refused> {};

TEST_P(InvalidRedisAddresses, AreReportedWithoutSecrets) {
  const auto address = redisAddress(redisConnectionOf(GetParam().given));
  ASSERT_FALSE(address) << GetParam().given;
  EXPECT_EQ(address.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(address.error().message(), HasSubstr(GetParam().said));
  EXPECT_THAT(address.error().message(), Not(HasSubstr("geheim")));
}

INSTANTIATE_TEST_SUITE_P(
    All, InvalidRedisAddresses,
    testing::Values(Refused{{{"scheme", "geheim"}}, "tcp, rediss or unix"},
                    Refused{{{"scheme", "unix"}}, "needs 'path'"}, Refused{{{"path", "/run/x"}}, "is for scheme unix"},
                    Refused{{{"host", ""}}, "'host' is empty"}, Refused{{{"port", 0}}, "'port'"},
                    Refused{{{"port", 65536}}, "'port'"}, Refused{{{"port", 4294967297}}, "'port'"},
                    Refused{{{"database", -1}}, "'database'"}, Refused{{{"connect_timeout", 0}}, "'connect_timeout'"},
                    Refused{{{"operation_timeout", 6}}, "'operation_timeout' must be 0.01 to 5"},
                    Refused{{{"certificate_file", "/geheim"}}, "go together"},
                    Refused{{{"user", "geheim"}}, "'user' needs 'password'"}));

}  // namespace
}  // namespace leptir::redis
