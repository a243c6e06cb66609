// For tests: TLS in front of a port that speaks plain TCP. Clients must show a certificate.
#pragma once

#include <openssl/ssl.h>

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "tests/support/certificates.h"

namespace leptir {

// Each connection has a thread.
class TlsFront {
 public:
  // Listens on a port of 127.0.0.1 and carries what clients send to the port `behind`. Its certificate is signed by the
  // authority, and so must those of clients be.
  TlsFront(const Authority& authority, int behind);
  ~TlsFront();
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  int port() const { return port_; }
  // The subjects of the certificates that clients have shown: "CN=client".
  std::vector<std::string> subjects() const;

 private:
  struct Connection {
    base::UniqueFd client, server;
    std::thread thread;
  };

  void acceptAll(const std::stop_token& stop);
  void serve(Connection& connection);
  void noteSubject(const SSL* session);

  const int behind_;
  const std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context_;
  base::UniqueFd listener_;
  int port_ = 0;
  mutable std::mutex mutex_;  // for all below
  std::vector<std::string> subjects_;
  std::list<Connection> connections_;
  std::jthread accepter_;
};

}  // namespace leptir
