// PHP consumers beside leptir on one queue: whether there are some, and which names would end them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir {

class RedisConnection;

// `php_consumers` of a broker's connection: whether PHP consumers take tasks from its queue.
enum class PhpConsumers {
  Auto,  // perhaps: leptir looks whether there are some
  Yes,
  No,
};

// A client that takes tasks as a PHP consumer does.
struct PhpConsumer {
  std::string address;
  std::string command;  // its last one
};

// The first in the answer to CLIENT LIST that uses `database`. Only PHP's consumers, and none of leptir's connections,
// are seen after a ZCOUNT or a ZREMRANGEBYRANK: leptir sends those in scripts alone.
std::optional<PhpConsumer> phpConsumerIn(std::string_view clients, int database);
// Asks the server. Nothing: there is none, or this user may not ask.
Result<std::optional<PhpConsumer>> findPhpConsumer(RedisConnection& connection);

// Whether a PHP consumer that takes a task of this name makes an object of a class of PHP's own, and ends.
bool isClassOfPhp(std::string_view name);

}  // namespace leptir
