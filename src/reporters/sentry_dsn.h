// A Sentry DSN: https://PUBLIC_KEY@HOST[:PORT][/PATH]/PROJECT, the address under which a project takes events.
#pragma once

#include <string>
#include <string_view>

#include "http/http_url.h"
#include "leptir/result.h"

namespace leptir::reporters {

struct SentryDsn {
  http::HttpUrl envelopeUrl;  // where envelopes are posted: …/api/PROJECT/envelope/; without a user
  std::string publicKey;      // all that is needed, beside the address, to send events to the project
  std::string secretKey;      // only old servers have one; empty: none
};

// Invalid: the text is no DSN. The message says which part is missing or wrong and never quotes the text.
Result<SentryDsn> parseSentryDsn(std::string_view text);

}  // namespace leptir::reporters
