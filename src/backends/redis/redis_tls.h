// TLS over a connected descriptor, by OpenSSL.
#pragma once

#include <memory>

#include "backends/redis/redis_address.h"
#include "backends/redis/redis_socket.h"
#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::redis {

// Performs the TLS handshake. With `address.verify` the server's certificate must come from a trusted authority and
// name `address.host`. Invalid: it does not, or the server asks for a client certificate that is missing or refused, or
// a file of the configuration cannot be used. Unavailable: no answer, no TLS, or a certificate that has expired or is
// not yet valid (it may be renewed while leptir retries).
Result<std::unique_ptr<RedisSocket>> openTls(base::UniqueFd descriptor, const RedisAddress& address, BootTime deadline);

}  // namespace leptir::redis
