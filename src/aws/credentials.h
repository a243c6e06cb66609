// AWS credentials, and the interface to what finds them.
#pragma once

#include <optional>
#include <string>

#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::aws {

struct Credentials {
  std::string accessKey{};
  std::string secretKey{};
  std::string sessionToken{};     // empty: none is sent
  std::optional<Time> expires{};  // none: they do not expire
};

// Finds credentials. One thread uses it.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  // Fetches them anew: reads files and the environment again, asks servers again. Waits `longest` at most. Invalid: the
  // configuration names credentials that cannot work (no such profile, half a key pair). NotFound: this source has
  // none. Unavailable: a server that gives them did not answer. No message contains a secret.
  virtual Result<Credentials> fetch(Duration longest) = 0;
};

}  // namespace leptir::aws
