#include "backends/redis/redis_burials.h"

#include <string>

#include "backends/redis/redis_expect.h"

namespace leptir::redis {

Result<std::size_t> RedisBurials::note(const RedisConnection& from, RedisValue pairs) {
  const RedisExpect expect(from);
  if (auto fits = expect.texts(pairs); !fits) return fits.error();
  if (auto fits = expect.list(pairs, pairs.size() / 2 * 2); !fits) return fits.error();
  for (std::size_t i = 0; i < pairs.size() && burials_.size() < kMaxStoreBurials; i += 2)
    burials_.push_back({.id = std::string(pairs[i].text()), .reason = std::string(pairs[i + 1].text())});
  return pairs.size() / 2;
}

}  // namespace leptir::redis
