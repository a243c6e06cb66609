// For tests: a small HTTP/1.1 server on 127.0.0.1 that answers as the test says, also as no server should.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "tests/support/http_stream.h"

namespace leptir {

struct HttpReaction {
  enum class How {
    Answer,          // all of it; then close the connection, unless connections are kept
    Trickle,         // the same, one byte each 20 ms
    Silence,         // nothing, until the client closes the connection
    Close,           // close without an answer
    ResetInRequest,  // reset the connection after the headers of the request, before its body
    ResetFirst,      // reset the connection after the request was read
    ResetInHead,     // send a part of the answer's headers, then reset
    EndlessBody,     // a body that goes on until the client closes the connection
    EndlessHead,     // headers without end
    NotHttp,         // `body` alone, without status and headers
  };

  int status = 200;
  std::vector<std::string> headers{};  // lines: "Retry-After: 1"
  std::string body{};
  How how = How::Answer;
  Duration delay{};  // before the first byte
};

// It serves each connection in a thread of its own; unless connections are kept, each has one request. The functions
// may be called from any thread.
class HttpServer {
 public:
  // Speaks plain HTTP, or TLS with a certificate and its key (PEM files).
  HttpServer();
  HttpServer(const std::string& certificateFile, const std::string& keyFile);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The next requests get these reactions, one each. All other requests get what `handler` says, which the threads of
  // the connections call, or else the status 200.
  void willReact(std::deque<HttpReaction> reactions);
  void answerBy(std::function<HttpReaction(const HttpReceived&)> handler);
  // Connections stay open after an answer, for further requests.
  void keepConnections() { keepsConnections_ = true; }

  int port() const { return port_; }
  // "http://127.0.0.1:PORT" or "https://HOST:PORT".
  std::string origin(const std::string& host = "127.0.0.1") const;
  // The requests that arrived completely, in their order.
  std::vector<HttpReceived> requests() const;
  int connections() const;  // accepted so far
  // Closes the connections on which no request is being answered, as servers do after a while.
  void closeIdleConnections();

 private:
  struct Client {
    int descriptor = -1;  // -1: ended
    bool isIdle = false;
    std::jthread thread{};
  };

  void listen();
  void serve(const std::stop_token& stop);
  void serveClient(base::UniqueFd socket, std::size_t number);
  // Whether the connection may have a further request.
  bool serveOne(HttpStream& stream, std::size_t number);
  void setIdle(std::size_t number, bool isIdle);
  std::optional<HttpReaction> nextReaction();
  HttpReaction reactionTo(const HttpReceived& request);

  base::UniqueFd listener_;
  int port_ = 0;
  ssl_ctx_st* tls_ = nullptr;
  std::atomic<bool> keepsConnections_ = false;
  mutable std::mutex mutex_;  // protects what follows
  std::deque<HttpReaction> reactions_;
  std::function<HttpReaction(const HttpReceived&)> handler_;
  std::vector<HttpReceived> requests_;
  std::deque<Client> clients_;
  std::jthread thread_;
};

}  // namespace leptir
