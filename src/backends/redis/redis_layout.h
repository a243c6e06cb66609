// How records lie on a redis-server: `layout` of a meta storage's connection.
#pragma once

namespace leptir {

enum class RedisLayout {
  Plain,   // PHP leptir's: each record under a key of its own, which PHP reads as well
  Hashed,  // all records of the tasks that were pushed within one minute in one hash: quicker, smaller, ours alone
};

}  // namespace leptir
