#include "tests/support/http_stream.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cctype>

namespace leptir {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;

std::string lowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

HttpReceived parseHead(const std::string& head) {
  HttpReceived request;
  std::size_t begin = head.find("\r\n") + 2;
  const auto line = head.substr(0, begin - 2);
  request.method = line.substr(0, line.find(' '));
  request.target = line.substr(request.method.size() + 1, line.rfind(' ') - request.method.size() - 1);
  for (auto end = head.find("\r\n", begin); end != std::string::npos; end = head.find("\r\n", begin)) {
    const auto header = head.substr(begin, end - begin);
    const auto colon = header.find(": ");
    if (colon != std::string::npos) request.headers[lowerCase(header.substr(0, colon))] = header.substr(colon + 2);
    begin = end + 2;
  }
  return request;
}

}  // namespace

HttpStream::HttpStream(base::UniqueFd descriptor, SSL_CTX* tls) : descriptor_(std::move(descriptor)) {
  if (tls == nullptr) return;
  session_ = ::SSL_new(tls);
  ::SSL_set_fd(session_, descriptor_.get());
  open_ = ::SSL_accept(session_) == 1;
}

HttpStream::~HttpStream() {
  ::SSL_free(session_);
}

std::optional<HttpReceived> HttpStream::readHead() {
  auto end = std::string::npos;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!readSome(received_)) return {};
  }
  auto request = parseHead(received_.substr(0, end + 2));
  received_.erase(0, end + 4);
  return request;
}

bool HttpStream::readBody(HttpReceived& request) {
  const auto length = request.headers.find("content-length");
  const auto size = length != request.headers.end() ? std::stoul(length->second) : 0;
  while (received_.size() < size) {
    if (!readSome(received_)) return false;
  }
  request.body = received_.substr(0, size);
  received_.erase(0, size);
  return true;
}

bool HttpStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = session_ != nullptr ? ::SSL_write(session_, bytes.data(), static_cast<int>(bytes.size()))
                                          : ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void HttpStream::finish() {
  if (session_ != nullptr) ::SSL_shutdown(session_);
  ::shutdown(descriptor_.get(), SHUT_WR);
  std::string rest;
  while (readSome(rest)) continue;
}

void HttpStream::reset() {
  const linger atOnce{1, 0};
  ::setsockopt(descriptor_.get(), SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
  base::UniqueFd closed = std::move(descriptor_);
}

bool HttpStream::readSome(std::string& to) {
  char piece[16384];
  const auto got = session_ != nullptr ? ::SSL_read(session_, piece, sizeof piece)
                                       : ::recv(descriptor_.get(), piece, sizeof piece, 0);
  if (got > 0) to.append(piece, static_cast<std::size_t>(got));
  return got > 0 && to.size() < kMaxBytes;
}

}  // namespace leptir
