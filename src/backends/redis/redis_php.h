// PHP consumers that take tasks from the same queue as leptir: whether there are any, and which task names would crash
// them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir::redis {

class RedisConnection;

// The key `php_consumers` of a broker's connection: whether PHP consumers take tasks from its queue.
enum class PhpConsumers {
  Auto,  // leptir finds out from the list of the server's clients
  Yes,
  No,
};

// A client of the server that takes tasks as a PHP consumer does.
struct PhpConsumer {
  std::string address;
  std::string command;  // its last command
};

// The first PHP consumer on `database` in the reply to CLIENT LIST: a client whose last command is ZCOUNT or
// ZREMRANGEBYRANK. leptir's own clients send these two only within scripts.
std::optional<PhpConsumer> phpConsumerIn(std::string_view clients, int database);
// Asks the server. Nothing: there is no PHP consumer, or this user has no right to CLIENT LIST.
Result<std::optional<PhpConsumer>> findPhpConsumer(RedisConnection& connection);

// Whether `name` is a class of PHP itself: a PHP consumer that takes such a task makes an object of that class and
// ends.
bool isClassOfPhp(std::string_view name);

}  // namespace leptir::redis
