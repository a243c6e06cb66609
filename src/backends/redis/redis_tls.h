// TLS over a connected descriptor, by OpenSSL.
#pragma once

#include <memory>

#include "backends/redis/redis_address.h"
#include "backends/redis/redis_socket.h"
#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir {

// Shakes hands. With `address.verify` the server's certificate must come from an authority that we trust and be made
// out to `address.host`. Invalid: it is not, it wants a certificate of ours that it does not get, one of our files
// cannot be used. Unavailable: the certificate's time is over or has not come (somebody will renew it), no answer, no
// TLS.
Result<std::unique_ptr<RedisSocket>> openTls(UniqueFd descriptor, const RedisAddress& address, BootTime deadline);

}  // namespace leptir
