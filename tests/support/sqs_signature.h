// For tests: Signature Version 4 of a request, worked out independently of leptir's client, and what Amazon SQS says
// about a request that is not signed as it should be.
#pragma once

#include <optional>
#include <string>

#include "leptir/clock.h"
#include "tests/support/http_stream.h"

namespace leptir {

struct SqsKeys {
  std::string access{}, secret{};
};

struct SqsRefusal {
  int status = 403;
  std::string code{}, message{};
};

// The signature that the request should have: its header Authorization says for which headers and which scope.
std::string signatureOf(const HttpReceived& request, const std::string& secretKey);

// Why the service refuses a request at this time; none: it does not. Without `keys` any key and signature will do, but
// not any time: it may differ by 5 minutes.
std::optional<SqsRefusal> whySignatureIsRefused(const HttpReceived& request, Time now,
                                                const std::optional<SqsKeys>& keys);

}  // namespace leptir
