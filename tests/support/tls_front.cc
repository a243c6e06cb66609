#include "tests/support/tls_front.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <stdexcept>

#include "tests/support/tcp_socket.h"

namespace leptir {
namespace {

using Session = std::unique_ptr<SSL, decltype(&::SSL_free)>;

sockaddr_in localAddress(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

SSL_CTX* makeContext(const Authority& authority) {
  authority.sign("front", "DNS:localhost,IP:127.0.0.1");
  auto* const context = ::SSL_CTX_new(::TLS_server_method());
  if (::SSL_CTX_use_certificate_file(context, authority.file("front.pem").c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_use_PrivateKey_file(context, authority.file("front.key").c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_load_verify_locations(context, authority.file("ca.pem").c_str(), nullptr) != 1)
    throw std::runtime_error("no certificate for a TLS front");
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return context;
}

// False: one of both sides has closed the connection.
bool carryToServer(SSL* session, int server) {
  char piece[16384];
  const int got = ::SSL_read(session, piece, sizeof piece);
  return got > 0 && ::send(server, piece, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
}
bool carryToClient(int server, SSL* session) {
  char piece[16384];
  const auto got = ::recv(server, piece, sizeof piece, 0);
  return got > 0 && ::SSL_write(session, piece, static_cast<int>(got)) == got;
}

// Until one of both sides has closed the connection.
void carry(SSL* session, int client, int server) {
  while (true) {
    pollfd ready[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (::SSL_pending(session) > 0) {
      ready[0].revents = POLLIN;
    } else if (::poll(ready, 2, -1) <= 0) {
      return;
    }
    if (ready[0].revents != 0 && !carryToServer(session, server)) return;
    if (ready[1].revents != 0 && !carryToClient(server, session)) return;
  }
}

}  // namespace

TlsFront::TlsFront(const Authority& authority, int behind)
    : behind_(behind), context_(makeContext(authority), &::SSL_CTX_free), listener_(tcpSocket()) {
  auto here = localAddress(0);
  socklen_t size = sizeof here;
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&here), size) != 0 ||
      ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&here), &size) != 0)
    throw std::runtime_error("a TLS front cannot listen on 127.0.0.1");
  port_ = ntohs(here.sin_port);
  accepter_ = std::jthread([this](const std::stop_token& stop) { acceptAll(stop); });
}

TlsFront::~TlsFront() {
  accepter_.request_stop();
  ::shutdown(listener_.get(), SHUT_RDWR);
  accepter_.join();
  for (auto& connection : connections_) {
    ::shutdown(connection.client.get(), SHUT_RDWR);
    ::shutdown(connection.server.get(), SHUT_RDWR);
    connection.thread.join();
  }
}

std::vector<std::string> TlsFront::subjects() const {
  const std::lock_guard lock(mutex_);
  return subjects_;
}

void TlsFront::acceptAll(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    base::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    const std::lock_guard lock(mutex_);
    auto& connection = connections_.emplace_back();
    connection.client = std::move(client);
    connection.server = tcpSocket();
    connection.thread = std::thread([this, &connection] { serve(connection); });
  }
}

void TlsFront::serve(Connection& connection) {
  sigset_t broken;  // OpenSSL writes to clients that may be gone
  ::sigemptyset(&broken);
  ::sigaddset(&broken, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken, nullptr);
  const Session session(::SSL_new(context_.get()), &::SSL_free);
  ::SSL_set_fd(session.get(), connection.client.get());
  const auto address = localAddress(behind_);
  if (::SSL_accept(session.get()) == 1 &&
      ::connect(connection.server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    noteSubject(session.get());
    carry(session.get(), connection.client.get(), connection.server.get());
  }
  ::shutdown(connection.client.get(), SHUT_RDWR);
  ::shutdown(connection.server.get(), SHUT_RDWR);
}

void TlsFront::noteSubject(const SSL* session) {
  const std::unique_ptr<X509, decltype(&::X509_free)> shown(::SSL_get1_peer_certificate(session), &::X509_free);
  if (shown == nullptr) return;
  const std::unique_ptr<BIO, decltype(&::BIO_free)> text(::BIO_new(::BIO_s_mem()), &::BIO_free);
  ::X509_NAME_print_ex(text.get(), ::X509_get_subject_name(shown.get()), 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(text.get(), &bytes);
  const std::lock_guard lock(mutex_);
  subjects_.emplace_back(bytes, static_cast<std::size_t>(size));
}

}  // namespace leptir
