#include "tests/support/mongodb_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace leptir {
namespace {

using namespace std::chrono_literals;
using When = MongodbFault::When;
using What = MongodbFault::What;

// How soon threads notice that the proxy ends.
constexpr std::chrono::milliseconds kLook = 5ms;

base::UniqueFd tcpSocket() {
  base::UniqueFd made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made) throw std::runtime_error("no TCP socket for a proxy");
  return made;
}

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

// What a driver sends without being asked to.
bool isOfTheDriver(const std::string& command) {
  static constexpr std::array kNames{"hello", "ping", "saslStart", "saslContinue", "endSessions"};
  return std::find(kNames.begin(), kNames.end(), command) != kNames.end();
}

bool matches(const MongodbCommands& commands, const std::string& name, const std::string& collection) {
  if (commands.name.empty() ? isOfTheDriver(name) : commands.name != name) return false;
  return commands.collection.empty() || commands.collection == collection;
}

}  // namespace

MongodbProxy::MongodbProxy(const MongodbServer& server, std::shared_ptr<MongodbRetries> retries)
    : serverHost_(server.host()),
      serverUri_(server.uri()),
      serverPort_(server.port()),
      retries_(std::move(retries)),
      listener_(tcpSocket()) {
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
  for (auto& connection : connections_) connection.thread.join();
}

std::string MongodbProxy::uri(const std::string& options) const {
  const auto end = serverUri_.find_first_of("/?", sizeof "mongodb://");
  const auto user = serverUri_.rfind('@', end);
  auto all = options;
  if (const auto hello = announced()) all = "replicaSet=" + hello->setName + (all.empty() ? "" : "&") + all;
  return "mongodb://" + (user == std::string::npos ? "" : serverUri_.substr(10, user - 9)) + address() + "/?" + all;
}

// --- what the test says ---

void MongodbProxy::inject(const MongodbCommands& commands, const MongodbFault& fault) {
  const std::lock_guard lock(mutex_);
  injected_.push_back({commands, fault});
}

void MongodbProxy::heal() {
  const std::lock_guard lock(mutex_);
  injected_.clear();
}

int MongodbProxy::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
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
  isAway_ = true;
  cut();
}

int MongodbProxy::count(const std::string& command) const {
  const auto all = counts();
  const auto one = all.find(command);
  return one == all.end() ? 0 : one->second;
}

std::map<std::string, int> MongodbProxy::counts() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, int> counts;
  for (const auto& [name, bytes] : received_) ++counts[name];
  return counts;
}

int MongodbProxy::roundTrips() const {
  int sum = 0;
  for (const auto& [name, count] : counts()) sum += isOfTheDriver(name) ? 0 : count;
  return sum;
}

std::vector<Json> MongodbProxy::received(const std::string& command) const {
  const std::lock_guard lock(mutex_);
  std::vector<Json> commands;
  for (const auto& [name, bytes] : received_)
    if (name == command) commands.push_back(MongodbMessage::parse(bytes).json());
  return commands;
}

void MongodbProxy::forget() {
  const std::lock_guard lock(mutex_);
  received_.clear();
}

void MongodbProxy::note(const MongodbMessage& request) {
  const std::lock_guard lock(mutex_);
  received_.emplace_back(request.command(), request.bytes());
}

std::optional<MongodbFault> MongodbProxy::takeFault(const MongodbMessage& request) {
  const std::lock_guard lock(mutex_);
  for (auto& [commands, fault] : injected_) {
    if (commands.times == 0 || !matches(commands, request.command(), request.collection())) continue;
    if (commands.skip > 0) {
      --commands.skip;
      continue;
    }
    if (commands.times != MongodbCommands::kAlways) --commands.times;
    ++faults_;
    return fault;
  }
  return std::nullopt;
}

// --- what passes through ---

void MongodbProxy::acceptAll(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd waiting{listener_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kLook / 1ms) <= 0) continue;
    base::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client || isAway_) continue;
    removeEnded();
    const std::lock_guard lock(mutex_);
    auto& connection = connections_.emplace_back();
    connection.client = std::move(client);
    connection.server = tcpSocket();
    connection.thread = std::thread([this, &connection] { serve(connection); });
  }
}

void MongodbProxy::removeEnded() {
  const std::lock_guard lock(mutex_);
  for (auto& connection : connections_)
    if (connection.isOver) connection.thread.join();
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
  note(request);
  const auto fault = takeFault(request);
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

void MongodbProxy::waitWhileFrozen() const {
  while (isFrozen_ && !isEnding_) std::this_thread::sleep_for(kLook);
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
