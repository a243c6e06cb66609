// For tests: the client's end of HTTP/1.1, for a server on a port of 127.0.0.1, without a library.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace leptir {

struct HttpReply {
  int status = 0;
  std::vector<std::string> headers{};  // lines: "Content-Type: text/plain"
  std::string body{};

  // The value of a header; empty: there is none.
  std::string header(std::string_view name) const;
};

// One connection, which is kept between requests. Use it from one thread.
class HttpClient {
 public:
  // Connects; isOpen() says whether it could.
  explicit HttpClient(int port);

  bool isOpen() const { return isOpen_; }
  int descriptor() const { return socket_.get(); }

  // Sends a whole request and reads its reply. None: the connection ended before the reply did. After that the client
  // is no longer open; its descriptor stays until it is destroyed.
  std::optional<HttpReply> ask(std::string_view request);

 private:
  bool send(std::string_view bytes);
  bool readSome();
  std::optional<HttpReply> readReply();
  // Takes everything up to `end`, which is left out, from what was received.
  std::optional<std::string> takeUntil(std::string_view end);
  std::optional<std::string> take(std::size_t size);
  std::optional<std::string> takeChunks();

  base::UniqueFd socket_;
  bool isOpen_;
  std::string received_;  // and not yet part of a reply
};

// A POST request as a whole.
std::string httpPost(std::string_view host, const std::vector<std::string>& headers, std::string_view body,
                     std::string_view path = "/");

}  // namespace leptir
