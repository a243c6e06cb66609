// For tests: a connection to a real server.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "backends/redis/redis_connection.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"

namespace leptir::redis {

inline std::string textIn(const Result<RedisReply>& reply) {
  return reply ? std::string(reply->value().text()) : "error: " + reply.error().message();
}

inline Error errorIn(const Result<void>& result) {
  return result ? Error(ErrorCode::Internal, "it went well") : result.error();
}

class RedisConnectionFixture : public testing::Test {
 protected:
  RedisServer& server = sharedRedisServer();
  RedisConnection connection{redisAt(server.socket())};
};

}  // namespace leptir::redis
