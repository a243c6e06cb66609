#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include "tests/support/http_stream.h"

namespace leptir {
namespace {

constexpr int kTrickleMilliseconds = 20, kLookMilliseconds = 10;

// Whether the client has not closed the connection after this time.
bool staysOpen(int descriptor, int milliseconds) {
  pollfd event{descriptor, POLLRDHUP, 0};
  return ::poll(&event, 1, milliseconds) == 0;
}

enum class Afterwards { Close, Keep };

std::string headOf(const HttpReaction& reaction, Afterwards afterwards) {
  const bool isEndless = reaction.how == HttpReaction::How::EndlessBody;
  auto head = "HTTP/1.1 " + std::to_string(reaction.status) + " As Told\r\n";
  if (afterwards == Afterwards::Close) head += "Connection: close\r\n";
  if (!isEndless) head += "Content-Length: " + std::to_string(reaction.body.size()) + "\r\n";
  for (const auto& line : reaction.headers) head += line + "\r\n";
  return head + "\r\n";
}

void trickle(std::string_view bytes, HttpStream& stream) {
  for (const char c : bytes) {
    if (!stream.write({&c, 1}) || !staysOpen(stream.descriptor(), kTrickleMilliseconds)) return;
  }
  stream.finish();
}

void writeWithoutEnd(std::string_view beginning, const std::string& piece, HttpStream& stream) {
  if (!stream.write(beginning)) return;
  while (stream.write(piece)) continue;
}

void answer(std::string_view bytes, HttpStream& stream) {
  stream.write(bytes);
  stream.finish();
}

// The connection ends with it.
void react(const HttpReaction& reaction, HttpStream& stream) {
  using How = HttpReaction::How;
  const auto head = headOf(reaction, Afterwards::Close);
  switch (reaction.how) {
    case How::Answer:
      return answer(head + reaction.body, stream);
    case How::Trickle:
      return trickle(head + reaction.body, stream);
    case How::Silence:
      while (staysOpen(stream.descriptor(), kLookMilliseconds)) continue;
      return;
    case How::Close:
      return;
    case How::ResetInRequest:
    case How::ResetFirst:
      return stream.reset();
    case How::ResetInHead:
      stream.write(head.substr(0, head.size() / 2));
      return stream.reset();
    case How::EndlessBody:
      return writeWithoutEnd(head, std::string(4096, 'x'), stream);
    case How::EndlessHead:
      return writeWithoutEnd(head.substr(0, head.size() - 2), "X-More: " + std::string(1000, 'x') + "\r\n", stream);
    case How::NotHttp:
      return answer(reaction.body, stream);
  }
}

}  // namespace

HttpServer::HttpServer() {
  listen();
}

HttpServer::HttpServer(const std::string& certificateFile, const std::string& keyFile)
    : tls_(::SSL_CTX_new(::TLS_server_method())) {
  if (::SSL_CTX_use_certificate_file(tls_, certificateFile.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_use_PrivateKey_file(tls_, keyFile.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("cannot use " + certificateFile + " and " + keyFile);
  listen();
}

HttpServer::~HttpServer() {
  thread_.request_stop();
  thread_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& client : clients_) {
      if (client.descriptor >= 0) ::shutdown(client.descriptor, SHUT_RDWR);  // wakes a thread that reads or writes
    }
  }
  for (auto& client : clients_) client.thread.join();
  ::SSL_CTX_free(tls_);
}

void HttpServer::listen() {
  listener_ = base::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), general, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), general, &size) != 0)
    throw std::runtime_error(std::string("cannot listen on 127.0.0.1: ") + std::strerror(errno));
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

void HttpServer::willReact(std::deque<HttpReaction> reactions) {
  const std::lock_guard lock(mutex_);
  reactions_ = std::move(reactions);
}

void HttpServer::answerBy(std::function<HttpReaction(const HttpReceived&)> handler) {
  const std::lock_guard lock(mutex_);
  handler_ = std::move(handler);
}

std::string HttpServer::origin(const std::string& host) const {
  return (tls_ != nullptr ? "https://" : "http://") + host + ":" + std::to_string(port_);
}

std::vector<HttpReceived> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int HttpServer::connections() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(clients_.size());
}

void HttpServer::closeIdleConnections() {
  const std::lock_guard lock(mutex_);
  for (const auto& client : clients_) {
    if (client.descriptor >= 0 && client.isIdle) ::shutdown(client.descriptor, SHUT_RDWR);
  }
}

void HttpServer::serve(const std::stop_token& stop) {
  sigset_t pipe;  // OpenSSL's socket functions raise it
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (!stop.stop_requested()) {
    pollfd event{listener_.get(), POLLIN, 0};
    if (::poll(&event, 1, kLookMilliseconds) <= 0) continue;
    base::UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) continue;
    const std::lock_guard lock(mutex_);
    const auto number = clients_.size();
    auto& client = clients_.emplace_back(socket.get());
    client.thread =
        std::jthread([this, number, held = std::move(socket)]() mutable { serveClient(std::move(held), number); });
  }
}

void HttpServer::serveClient(base::UniqueFd socket, std::size_t number) {
  HttpStream stream(std::move(socket), tls_);
  while (stream.isOpen() && serveOne(stream, number)) continue;
  const std::lock_guard lock(mutex_);
  clients_[number].descriptor = -1;
}

bool HttpServer::serveOne(HttpStream& stream, std::size_t number) {
  setIdle(number, true);
  auto request = stream.readHead();
  setIdle(number, false);
  if (!request) return false;
  const auto planned = nextReaction();
  if (planned && planned->how == HttpReaction::How::ResetInRequest) {
    stream.reset();
    return false;
  }
  if (!stream.readBody(*request)) return false;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(*request);
  }
  const auto reaction = planned ? *planned : reactionTo(*request);
  const bool isNow = reaction.delay <= Duration::zero();
  if (!isNow && !staysOpen(stream.descriptor(), static_cast<int>(reaction.delay / std::chrono::milliseconds(1))))
    return false;
  if (keepsConnections_ && reaction.how == HttpReaction::How::Answer)
    return stream.write(headOf(reaction, Afterwards::Keep) + reaction.body);
  react(reaction, stream);
  return false;
}

void HttpServer::setIdle(std::size_t number, bool isIdle) {
  const std::lock_guard lock(mutex_);
  clients_[number].isIdle = isIdle;
}

std::optional<HttpReaction> HttpServer::nextReaction() {
  const std::lock_guard lock(mutex_);
  if (reactions_.empty()) return {};
  auto next = std::move(reactions_.front());
  reactions_.pop_front();
  return next;
}

HttpReaction HttpServer::reactionTo(const HttpReceived& request) {
  std::function<HttpReaction(const HttpReceived&)> handler;
  {
    const std::lock_guard lock(mutex_);
    handler = handler_;
  }
  return handler ? handler(request) : HttpReaction();
}

}  // namespace leptir
