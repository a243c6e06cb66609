// For tests: one connection of an HTTP server, with or without TLS.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

struct ssl_st;
struct ssl_ctx_st;

namespace leptir {

struct HttpReceived {
  std::string method, target;
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string body;
};

class HttpStream {
 public:
  // `tls` is null for plain HTTP; otherwise the handshake is made here.
  HttpStream(base::UniqueFd descriptor, ssl_ctx_st* tls);
  ~HttpStream();
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;

  bool isOpen() const { return open_; }
  int descriptor() const { return descriptor_.get(); }

  // The request without its body. None: the client has closed the connection before the headers were complete.
  std::optional<HttpReceived> readHead();
  // Reads the body of that request into it. False: the client has closed the connection before.
  bool readBody(HttpReceived& request);
  // False: the client is gone.
  bool write(std::string_view bytes);
  // Ends the answer in order, and waits until the client has closed the connection.
  void finish();
  // The client gets a reset instead of an orderly end.
  void reset();

 private:
  bool readSome(std::string& to);

  std::string received_;  // and not yet part of a request

  base::UniqueFd descriptor_;
  ssl_st* session_ = nullptr;
  bool open_ = true;
};

}  // namespace leptir
