// What a server says of itself: version and durability. Read when a store is opened; `leptir check` and the log show
// the warnings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/result.h"
#include "leptir/spi/store_finding.h"

namespace leptir::redis {

class RedisConnection;

struct RedisServerInfo {
  int version = 0;                     // as redisVersion(); 0: unknown
  std::string durability;              // as a phrase, for traits()
  std::vector<StoreFinding> findings;  // what its owner should change; each begins with the server's address

  std::vector<std::string> warnings() const;  // the findings that are more than notes, for traits()
};

// Sends INFO and two CONFIG GET in one round trip. A command that the server's ACL refuses is a warning, not an error.
Result<RedisServerInfo> readServerInfo(RedisConnection& connection);

// Interprets the replies to INFO, CONFIG GET save and CONFIG GET appendfsync; nullopt: the server refused the command.
RedisServerInfo parseServerInfo(std::optional<std::string_view> info, std::optional<std::string_view> save,
                                std::optional<std::string_view> appendFsync);

// The value in the line "name:value\r\n" of a reply to INFO; empty: there is no such line.
std::string_view infoValue(std::string_view info, std::string_view name);

// 70015 for "7.0.15"; 0: the text is no version.
int redisVersion(std::string_view text);

}  // namespace leptir::redis
