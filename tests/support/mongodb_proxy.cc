#include "tests/support/mongodb_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <stdexcept>
#include <utility>

#include "tests/support/tcp_socket.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;
using When = MongodbFault::When;
using What = MongodbFault::What;

// How soon threads notice that the proxy ends.
constexpr std::chrono::milliseconds kLook = 5ms;

sockaddr_in addressOf(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host.c_str(), &address.sin_addr) != 1)
    throw std::runtime_error("a proxy needs a server at an IPv4 address, not " + host);
  return address;
}

void sendAtOnce(const base::UniqueFd& socket) {
  const int yes = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

void shutDown(const base::UniqueFd& socket) {
  if (socket) ::shutdown(socket.get(), SHUT_RDWR);
}

}  // namespace

MongodbProxy::MongodbProxy(const MongodbServer& server, std::shared_ptr<MongodbRetries> retries)
    : serverHost_(server.host()),
      serverUri_(server.uri()),
      serverPort_(server.port()),
      retries_(std::move(retries)),
      listener_(tcpSocket()) {
  if (serverUri_.find("tls=true") != std::string::npos) throw std::logic_error("a proxy cannot read TLS");
  auto here = addressOf("127.0.0.1", 0);
  socklen_t size = sizeof here;
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&here), size) != 0 ||
      ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&here), &size) != 0) {
    throw std::runtime_error("a proxy cannot listen on 127.0.0.1");
  }
  port_ = ntohs(here.sin_port);
  accepter_ = std::jthread([this](const std::stop_token& stop) { acceptAll(stop); });
}

MongodbProxy::~MongodbProxy() {
  accepter_.request_stop();
  accepter_.join();
  isEnding_ = true;
  cut();
  thaw();
}

std::string MongodbProxy::uri(const std::string& options) const {
  const auto end = serverUri_.find_first_of("/?", sizeof "mongodb://");
  const auto user = serverUri_.rfind('@', end);
  auto all = options;
  if (const auto hello = announced()) all = "replicaSet=" + hello->setName + (all.empty() ? "" : "&") + all;
  return "mongodb://" + (user == std::string::npos ? "" : serverUri_.substr(10, user - 9)) + address() + "/?" + all;
}

void MongodbProxy::announce(const MongodbHello& hello) {
  const std::lock_guard lock(mutex_);
  hello_ = hello;
}

std::optional<MongodbHello> MongodbProxy::announced() const {
  const std::lock_guard lock(mutex_);
  return hello_;
}

void MongodbProxy::cut() {
  const std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) {
    shutDown(connection.client);
    shutDown(connection.server);
  }
}

void MongodbProxy::leave() {
  {
    const std::lock_guard lock(mutex_);
    isAway_ = true;
  }
  cut();
}

void MongodbProxy::comeBack() {
  const std::lock_guard lock(mutex_);
  isAway_ = false;
}

void MongodbProxy::freeze() {
  const std::lock_guard lock(mutex_);
  isFrozen_ = true;
}

void MongodbProxy::thaw() {
  const std::lock_guard lock(mutex_);
  isFrozen_ = false;
  thawed_.notify_all();
}

int MongodbProxy::heldBack() const {
  const std::lock_guard lock(mutex_);
  return heldBack_;
}

int MongodbProxy::count(const std::string& command) const {
  const auto all = counts();
  const auto one = all.find(command);
  return one == all.end() ? 0 : one->second;
}

int MongodbProxy::roundTrips() const {
  int sum = 0;
  for (const auto& [name, count] : counts()) sum += isOfTheDriver(name) ? 0 : count;
  return sum;
}

void MongodbProxy::acceptAll(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd waiting{listener_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kLook / 1ms) <= 0) continue;
    base::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    removeEnded();
    const std::lock_guard lock(mutex_);
    if (isAway_) continue;
    auto& connection = connections_.emplace_back();
    connection.client = std::move(client);
    connection.server = tcpSocket();
    connection.thread = std::jthread([this, &connection] { serve(connection); });
  }
}

void MongodbProxy::removeEnded() {
  const std::lock_guard lock(mutex_);
  connections_.remove_if([](const Connection& connection) { return connection.isOver.load(); });
}

void MongodbProxy::serve(Connection& connection) {
  const auto address = addressOf(serverHost_, serverPort_);
  const int server = connection.server.get();
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    sendAtOnce(connection.client);
    sendAtOnce(connection.server);
    try {
      for (auto request = MongodbMessage::readFrom(connection.client.get()); request && pass(connection, *request);)
        request = MongodbMessage::readFrom(connection.client.get());
    } catch (const std::runtime_error&) {  // no message of the protocol
    }
  }
  shutDown(connection.client);
  shutDown(connection.server);
  connection.isOver = true;
}

bool MongodbProxy::pass(Connection& connection, MongodbMessage& request) {
  waitWhileFrozen();
  traffic_.note(request);
  const auto fault = faults_.take(request.command(), request.collection());
  if (fault && fault->when == When::Before && !perform(connection, *fault, request)) return false;
  if (fault && fault->when == When::Before && fault->what == What::Reply) return true;
  if (request.isUnacknowledged()) return sendAll(connection.server.get(), request.bytes());
  auto reply = ask(connection, request);
  if (!reply) return false;
  waitWhileFrozen();
  return answer(connection, request, std::move(*reply), fault && fault->when == When::After ? fault : std::nullopt);
}

bool MongodbProxy::perform(Connection& connection, const MongodbFault& fault, const MongodbMessage& request) {
  switch (fault.what) {
    case What::Close:
      return false;
    case What::Silence:
      waitUntilClosed(connection, std::chrono::hours(1));
      return false;
    case What::Delay:
      return !waitUntilClosed(connection, fault.time);
    case What::Reply:
      return sendAll(connection.client.get(), replyTo(request, BsonDocument::fromJson(fault.json)).bytes());
    case What::AddToReply:
    case What::CutReply:
      return true;
  }
  return false;
}

std::optional<MongodbMessage> MongodbProxy::ask(Connection& connection, MongodbMessage& request) {
  const auto hello = announced();
  const auto key = hello ? MongodbRetries::keyOf(request.body) : MongodbRetries::Key{};
  if (hello) request.body = without(request.body, {"lsid", "txnNumber", "$clusterTime"});
  if (!key.empty())
    if (auto known = retries_->begin(key)) return replyTo(request, std::move(*known));
  std::optional<MongodbMessage> reply;
  if (sendAll(connection.server.get(), request.bytes())) reply = MongodbMessage::readFrom(connection.server.get());
  if (!key.empty()) retries_->end(key, reply ? &reply->body : nullptr);
  if (reply && hello && request.command() == "hello") reply->body = rewrittenHello(reply->body, *hello, address());
  return reply;
}

bool MongodbProxy::answer(Connection& connection, const MongodbMessage& request, MongodbMessage reply,
                          const std::optional<MongodbFault>& fault) {
  if (!fault) return sendAll(connection.client.get(), reply.bytes());
  if (fault->what == What::AddToReply) {
    const auto more = BsonDocument::fromJson(fault->json);
    ::bson_concat(reply.body.get(), more.get());
    return sendAll(connection.client.get(), reply.bytes());
  }
  if (fault->what == What::CutReply) {
    sendAll(connection.client.get(), reply.bytes().substr(0, fault->bytes));
    return false;
  }
  if (!perform(connection, *fault, request)) return false;
  return fault->what != What::Delay || sendAll(connection.client.get(), reply.bytes());
}

// True if the client closed the connection, or the proxy did.
bool MongodbProxy::waitUntilClosed(const Connection& connection, std::chrono::milliseconds limit) const {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!isEnding_ && std::chrono::steady_clock::now() < until) {
    pollfd client{connection.client.get(), POLLRDHUP, 0};
    if (::poll(&client, 1, kLook / 1ms) > 0) return true;
  }
  return isEnding_;
}

void MongodbProxy::waitWhileFrozen() {
  std::unique_lock lock(mutex_);
  ++heldBack_;
  thawed_.wait(lock, [this] { return !isFrozen_; });
  --heldBack_;
}

void announceReplicaSet(const std::vector<MongodbProxy*>& members, std::size_t primary) {
  MongodbHello hello;
  for (const auto* member : members) hello.hosts.push_back(member->address());
  hello.primary = hello.hosts.at(primary);
  for (std::size_t i = 0; i < members.size(); ++i) {
    hello.role = i == primary ? MongodbHello::Role::Primary : MongodbHello::Role::Secondary;
    members[i]->announce(hello);
  }
}

}  // namespace leptir
