// An address of an HTTP server, as libcurl reads it, so that what is checked is what is connected to.
#pragma once

#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir::http {

struct HttpUrl {
  std::string scheme;          // http or https
  std::string user, password;  // decoded; empty: none
  std::string host;            // as it stands in the URL: [::1] with its brackets
  std::string port;            // empty: the scheme's default
  std::string path;            // begins with /, encoded
  std::string query;           // encoded, without ?; empty: none

  // "https://sentry.example.org:8443": what messages show. User, path and query may hold secrets.
  std::string origin() const;
  // The whole URL without user and password.
  std::string target() const;
};

// Invalid: the text is no URL with scheme http or https and a host, is longer than 4 KiB, contains a space or a control
// character, or has a fragment (#…). The message says what is wrong and never quotes the text, which may be secret.
Result<HttpUrl> parseHttpUrl(std::string_view text);

}  // namespace leptir::http
