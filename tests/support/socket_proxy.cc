#include "tests/support/socket_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace leptir {
namespace {

constexpr std::size_t kMaxHeld = 1 << 20;
// How soon thread_ notices freeze(), thaw() and cut().
constexpr int kLookMilliseconds = 5;

base::UniqueFd unixSocket() {
  base::UniqueFd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
  return made;
}

sockaddr_un addressOf(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof address.sun_path)
    throw std::runtime_error("path too long for a unix socket: " + path.string());
  std::strcpy(address.sun_path, path.c_str());
  return address;
}

bool connectTo(int socket, const std::filesystem::path& path) {
  const auto address = addressOf(path);
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool canWait() {
  return errno == EAGAIN || errno == EINTR;
}

}  // namespace

SocketProxy::SocketProxy(std::filesystem::path here, std::filesystem::path server)
    : here_(std::move(here)), server_(std::move(server)), listener_(unixSocket()) {
  const auto address = addressOf(here_);
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 64) != 0) {
    throw std::runtime_error(here_.string() + ": " + std::strerror(errno));
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

SocketProxy::~SocketProxy() = default;

void SocketProxy::work(const std::stop_token& stop) {
  for (int cutsDone = 0; !stop.stop_requested();) {
    waitForSome();
    if (const int cuts = cuts_; cuts != std::exchange(cutsDone, cuts)) pairs_.clear();
    accept();
    if (frozen_) continue;
    for (auto& pair : pairs_) {
      forward(pair.there, pair);
      forward(pair.back, pair);
    }
    pairs_.remove_if([](const Pair& pair) { return pair.broken || (pair.there.over && pair.back.over); });
  }
}

void SocketProxy::waitForSome() {
  std::vector<pollfd> some{{listener_.get(), POLLIN, 0}};
  const auto watch = [&](const Direction& way) {
    if (!way.over && way.held.size() < kMaxHeld) some.push_back({way.from, POLLIN, 0});
    if (!way.held.empty()) some.push_back({way.to, POLLOUT, 0});
  };
  for (const auto& pair : pairs_) {
    if (frozen_) break;
    watch(pair.there);
    watch(pair.back);
  }
  ::poll(some.data(), some.size(), kLookMilliseconds);
}

// If the server cannot be reached, the connection of the client is closed.
void SocketProxy::accept() {
  base::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!client) return;
  ++connections_;
  auto server = unixSocket();
  if (!connectTo(server.get(), server_)) return;
  Pair pair{std::move(client), std::move(server), {}, {}, false};
  pair.there = {pair.client.get(), pair.server.get(), {}, false};
  pair.back = {pair.server.get(), pair.client.get(), {}, false};
  pairs_.push_back(std::move(pair));
}

void SocketProxy::forward(Direction& way, Pair& pair) {
  char piece[65536];
  while (!way.over && way.held.size() < kMaxHeld) {
    const auto got = ::recv(way.from, piece, sizeof piece, 0);
    if (got < 0 && canWait()) break;
    way.over = got <= 0;
    if (got > 0) way.held.append(piece, static_cast<std::size_t>(got));
  }
  while (!way.held.empty()) {
    const auto sent = ::send(way.to, way.held.data(), way.held.size(), MSG_NOSIGNAL);
    if (sent < 0 && canWait()) return;
    if (sent < 0) pair.broken = true;
    if (sent < 0) return;
    way.held.erase(0, static_cast<std::size_t>(sent));
  }
  if (way.over) ::shutdown(way.to, SHUT_WR);
}

}  // namespace leptir
