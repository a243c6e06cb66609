// One HTTP request by libcurl: send a body to a URL and get the answer.
//
// A request follows no redirect, so that secret headers never reach another server; the answer then has status 3xx.
// The certificate of an https server is always verified. Each request uses a connection of its own.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "http/connection.h"
#include "http/http_answer.h"
#include "http/http_url.h"
#include "leptir/result.h"
#include "leptir/stop_token.h"

namespace leptir::http {

enum class Method { Get, Post, Put };

struct HttpRequest {
  HttpUrl url{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};  // of Post and Put
  Method method = Method::Post;
  std::string awsSigV4Scope{};  // aws:amz:<region>:<service>, keys: user and password of `url`; empty: not signed
  std::size_t maxKeptBodyBytes = 1024;  // bytes of the answer's body that are kept
  Connection connection{};
};

// The answer counts once its headers are complete, whatever becomes of its body. The call ends early when the token
// fires. Errors: Unavailable where a later request may succeed: no answer came, since the server cannot be found or
// reached, is too slow, closes the connection, or has a certificate that has expired or is not yet valid; or the token
// has fired. Invalid: the certificate is not trusted or has another name, the file of authorities cannot be used, or
// the server does not speak HTTP. The messages begin with the URL's origin and never contain the rest of the URL,
// headers or the body.
Result<HttpAnswer> send(const HttpRequest& request, const StopToken& stop = {});

}  // namespace leptir::http
