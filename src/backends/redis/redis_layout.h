// How records are stored on a redis-server: the key `layout` of a meta storage's connection.
#pragma once

namespace leptir::redis {

enum class RedisLayout {
  Plain,   // as PHP leptir: each record under a key of its own, which PHP reads as well
  Hashed,  // one hash for all tasks pushed within one minute: faster and smaller, unknown to PHP leptir
};

}  // namespace leptir::redis
