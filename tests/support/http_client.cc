#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdint>
#include <utility>

namespace leptir {
namespace {

base::UniqueFd connectTo(int port) {
  base::UniqueFd made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  const int yes = 1;
  ::setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return made;
}

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end = 0; begin <= text.size(); begin = end + 2) {
    end = std::min(text.find("\r\n", begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
  }
  return lines;
}

std::size_t sizeIn(std::string_view text, int base) {
  std::size_t size = 0;
  std::from_chars(text.data(), text.data() + text.size(), size, base);
  return size;
}

}  // namespace

std::string HttpReply::header(std::string_view name) const {
  for (const auto& line : headers) {
    const auto colon = line.find(": ");
    if (colon == name.size() && ::strncasecmp(line.data(), name.data(), colon) == 0) return line.substr(colon + 2);
  }
  return "";
}

HttpClient::HttpClient(int port) : socket_(connectTo(port)), isOpen_(socket_) {}

std::optional<HttpReply> HttpClient::ask(std::string_view request) {
  std::optional<HttpReply> reply;
  if (isOpen_ && send(request)) reply = readReply();
  isOpen_ = reply.has_value();
  return reply;
}

bool HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::optional<HttpReply> HttpClient::readReply() {
  const auto head = takeUntil("\r\n\r\n");
  if (!head) return {};
  HttpReply reply;
  reply.headers = linesOf(*head);
  const auto first = reply.headers.front();
  reply.status = static_cast<int>(sizeIn(std::string_view(first).substr(first.find(' ') + 1), 10));
  reply.headers.erase(reply.headers.begin());
  const bool isChunked = reply.header("Transfer-Encoding") == "chunked";
  auto body = isChunked ? takeChunks() : take(sizeIn(reply.header("Content-Length"), 10));
  if (!body) return {};
  reply.body = *std::move(body);
  return reply;
}

std::optional<std::string> HttpClient::takeChunks() {
  for (std::string body;;) {
    const auto size = takeUntil("\r\n");
    if (!size) return {};
    const auto chunk = take(sizeIn(*size, 16));
    if (!chunk || !takeUntil("\r\n")) return {};
    if (chunk->empty()) return body;
    body += *chunk;
  }
}

std::optional<std::string> HttpClient::takeUntil(std::string_view end) {
  auto place = std::string::npos;
  while ((place = received_.find(end)) == std::string::npos) {
    if (!readSome()) return {};
  }
  auto taken = received_.substr(0, place);
  received_.erase(0, place + end.size());
  return taken;
}

std::optional<std::string> HttpClient::take(std::size_t size) {
  while (received_.size() < size) {
    if (!readSome()) return {};
  }
  auto taken = received_.substr(0, size);
  received_.erase(0, size);
  return taken;
}

bool HttpClient::readSome() {
  char piece[65536];
  const auto got = ::recv(socket_.get(), piece, sizeof piece, 0);
  if (got > 0) received_.append(piece, static_cast<std::size_t>(got));
  return got > 0;
}

std::string httpPost(std::string_view host, const std::vector<std::string>& headers, std::string_view body,
                     std::string_view path) {
  std::string request = "POST ";
  request.append(path).append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n");
  for (const auto& line : headers) request.append(line).append("\r\n");
  request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return request;
}

}  // namespace leptir
