// For tests: a server of web/server.h in a thread of its own, on a free port of 127.0.0.1.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "tests/support/http_client.h"
#include "tests/support/server_process.h"
#include "web/listen_socket.h"
#include "web/server.h"

namespace leptir::web {

class RunningServer {
 public:
  explicit RunningServer(Routes routes, const Limits& limits = {}) : port(freePort()) {
    auto listening = listenAt({.host = "127.0.0.1", .port = port});
    EXPECT_TRUE(listening) << listening.error().message();
    server_ = Server::start(std::move(*listening), std::move(routes), limits, systemClock()).value();
    thread_ = std::thread([this] {
      while (!ends_) {
        EXPECT_TRUE(server_->serveFor(std::chrono::milliseconds(20)));
        connections = server_->connections();
        pageBytesInFlight = server_->pageBytesInFlight();
      }
    });
  }
  ~RunningServer() {
    ends_ = true;
    thread_.join();
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  const int port;
  std::atomic<std::size_t> connections{0};        // that are open
  std::atomic<std::size_t> pageBytesInFlight{0};  // of pages that clients have not taken yet

 private:
  std::unique_ptr<Server> server_;
  std::atomic<bool> ends_{false};
  std::thread thread_;
};

// A request without a body, as a whole.
inline std::string requestOf(std::string_view method, std::string_view path, std::string_view moreHeaders = "") {
  return std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + std::string(moreHeaders) +
         "\r\n";
}

}  // namespace leptir::web
