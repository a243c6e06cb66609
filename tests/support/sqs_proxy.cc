#include "tests/support/sqs_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <ctime>
#include <stdexcept>
#include <utility>

namespace leptir {
namespace {

using namespace std::chrono_literals;
using How = SqsFault::How;

// How soon threads notice that the proxy ends.
constexpr std::chrono::milliseconds kLook = 5ms;
constexpr const char* kJson = "Content-Type: application/x-amz-json-1.0";

std::string actionOf(const HttpReceived& request) {
  const auto target = request.headers.find("x-amz-target");
  return target == request.headers.end() ? "" : target->second.substr(target->second.rfind('.') + 1);
}

HttpReply errorReply(int status, const std::string& code, const std::string& message) {
  const Json body = {{"__type", "com.amazonaws.sqs#" + code}, {"message", message}};
  return {status, {kJson, "x-amzn-query-error: " + code + (status < 500 ? ";Sender" : ";Receiver")}, body.dump()};
}

HttpReply replyOf(const SqsFault& fault) {
  auto reply = errorReply(fault.status, fault.code, fault.message);
  reply.headers.insert(reply.headers.end(), fault.headers.begin(), fault.headers.end());
  return reply;
}

std::string dateText(Time time) {
  const auto seconds =
      static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  std::tm fields{};
  ::gmtime_r(&seconds, &fields);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &fields)};
}

// Whether the line is a header that concerns one connection alone, or that the proxy writes itself.
bool isOfConnection(const std::string& line) {
  const auto name = line.substr(0, line.find(':'));
  for (const char* const own : {"Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length"})
    if (::strcasecmp(name.c_str(), own) == 0) return true;
  return false;
}

void shutDown(int descriptor) {
  if (descriptor >= 0) ::shutdown(descriptor, SHUT_RDWR);
}

}  // namespace

SqsProxy::SqsProxy(SqsServer& server) : server_(server), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  auto* const general = reinterpret_cast<sockaddr*>(&here);
  if (::bind(listener_.get(), general, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), general, &size) != 0)
    throw std::runtime_error("a proxy cannot listen on 127.0.0.1");
  port_ = ntohs(here.sin_port);
  accepter_ = std::jthread([this](const std::stop_token& stop) { acceptAll(stop); });
}

SqsProxy::~SqsProxy() {
  accepter_.request_stop();
  accepter_.join();
  isEnding_ = true;
  thaw();
  cut();
  connections_.clear();  // each waits for its thread
}

void SqsProxy::requireKeys(const SqsKeys& keys) {
  const std::lock_guard lock(mutex_);
  keys_ = keys;
}

void SqsProxy::cut() {
  const std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) {
    if (connection.client) shutDown(connection.client->descriptor());
    if (connection.server) shutDown(connection.server->descriptor());
  }
}

int SqsProxy::count(const std::string& action) const {
  return static_cast<int>(received(action).size());
}

int SqsProxy::requests() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(received_.size());
}

std::vector<Json> SqsProxy::received(const std::string& action) const {
  const std::lock_guard lock(mutex_);
  std::vector<Json> bodies;
  for (const auto& request : received_)
    if (request.action == action) bodies.push_back(request.body);
  return bodies;
}

void SqsProxy::forget() {
  const std::lock_guard lock(mutex_);
  received_.clear();
}

void SqsProxy::acceptAll(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd waiting{listener_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kLook / 1ms) <= 0) continue;
    base::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    const int yes = 1;
    ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ++opened_;
    removeEnded();
    const std::lock_guard lock(mutex_);
    auto& connection = connections_.emplace_back();
    connection.client.emplace(std::move(client), nullptr);
    connection.thread = std::jthread([this, &connection] { serve(connection); });
  }
}

void SqsProxy::removeEnded() {
  const std::lock_guard lock(mutex_);
  connections_.remove_if([](const Connection& connection) { return connection.isOver.load(); });
}

void SqsProxy::serve(Connection& connection) {
  auto& client = *connection.client;
  while (auto request = client.readHead()) {
    if (request->headers.contains("expect")) client.write("HTTP/1.1 100 Continue\r\n\r\n");
    if (!client.readBody(*request) || !pass(connection, *request)) break;
  }
  const std::lock_guard lock(mutex_);
  shutDown(client.descriptor());
  connection.server.reset();
  connection.isOver = true;
}

bool SqsProxy::pass(Connection& connection, HttpReceived& request) {
  waitWhileFrozen();
  const auto action = actionOf(request);
  const auto parsed = parseJson(request.body);
  auto body = parsed ? *parsed : Json(request.body);
  {
    const std::lock_guard lock(mutex_);
    received_.push_back({action, body});
  }
  if (const auto objection = objectionTo(request))
    return answer(connection, errorReply(objection->status, objection->code, objection->message));
  if (const auto fault = faults_.take(action, request.body))
    return passWith(*fault, connection, request, std::move(body));
  const auto reply = ask(connection, request);
  return reply && answer(connection, *reply);
}

bool SqsProxy::passWith(const SqsFault& fault, Connection& connection, HttpReceived& request, Json body) {
  if (fault.how == How::Refuse) return answer(connection, replyOf(fault));
  if (fault.how == How::LoseRequest) return false;
  if (fault.how == How::FailEntries) return failEntries(fault, connection, request, std::move(body));
  if (fault.how == How::Duplicate) {
    body["VisibilityTimeout"] = 0;
    request.body = body.dump();
  }
  const auto reply = ask(connection, request);
  if (!reply || fault.how == How::LoseReply) return false;
  if (fault.how == How::CutReply) {
    const auto bytes = bytesOf(*reply);
    connection.client->write(std::string_view(bytes).substr(0, bytes.size() - (reply->body.size() + 1) / 2));
    return false;
  }
  if (fault.how == How::Delay) wait(connection, fault.delay);
  return answer(connection, *reply);
}

bool SqsProxy::failEntries(const SqsFault& fault, Connection& connection, HttpReceived& request, Json body) {
  auto passed = Json::array(), failed = Json::array();
  for (const auto& entry : body.value("Entries", Json::array())) {
    const auto id = entry.value("Id", "");
    const bool fails = std::ranges::find(fault.entries, id) != fault.entries.end();
    if (!fails) passed.push_back(entry);
    if (fails)
      failed.push_back(
          {{"Id", id}, {"SenderFault", fault.senderFault}, {"Code", fault.code}, {"Message", fault.message}});
  }
  HttpReply reply{200, {kJson}, R"({"Successful":[]})"};
  if (!passed.empty()) {
    body["Entries"] = passed;
    request.body = body.dump();
    auto performed = ask(connection, request);
    if (!performed) return false;
    if (performed->status != 200) return answer(connection, *performed);
    reply = *std::move(performed);
  }
  auto both = Json::parse(reply.body);
  for (const auto& entry : both.value("Failed", Json::array())) failed.push_back(entry);
  both["Failed"] = failed;
  reply.body = both.dump();
  return answer(connection, reply);
}

std::optional<HttpReply> SqsProxy::ask(Connection& connection, const HttpReceived& request) {
  if (!connection.server || !connection.server->isOpen()) {
    HttpClient made(server_.port());
    const std::lock_guard lock(mutex_);
    if (isEnding_) return {};
    connection.server.emplace(std::move(made));
  }
  std::vector<std::string> headers;
  for (const auto& [name, value] : request.headers)
    if (name != "host" && name != "expect" && !isOfConnection(name)) headers.push_back(name + ": " + value);
  const auto host = request.headers.find("host");
  auto reply = connection.server->ask(
      httpPost(host == request.headers.end() ? "127.0.0.1" : host->second, headers, request.body, request.target));
  if (reply) std::erase_if(reply->headers, [](const std::string& line) { return line.starts_with("Date: "); });
  return reply;
}

bool SqsProxy::answer(Connection& connection, const HttpReply& reply) {
  waitWhileFrozen();
  return connection.client->write(bytesOf(reply));
}

std::string SqsProxy::bytesOf(const HttpReply& reply) const {
  auto bytes = "HTTP/1.1 " + std::to_string(reply.status) + " " + (reply.status == 200 ? "OK" : "Error") + "\r\n";
  for (const auto& line : reply.headers)
    if (!isOfConnection(line)) bytes += line + "\r\n";
  // A fault may have a date of its own.
  if (reply.header("Date").empty()) bytes += "Date: " + dateText(now()) + "\r\n";
  return bytes + "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
}

std::optional<SqsRefusal> SqsProxy::objectionTo(const HttpReceived& request) const {
  const std::lock_guard lock(mutex_);
  return whySignatureIsRefused(request, now(), keys_);
}

Time SqsProxy::now() const {
  return systemClock().now() + Duration(shift_.load());
}

// Ends early when the client closes the connection, or the proxy ends.
void SqsProxy::wait(const Connection& connection, Duration longest) const {
  const auto until = std::chrono::steady_clock::now() + longest;
  while (!isEnding_ && std::chrono::steady_clock::now() < until) {
    pollfd client{connection.client->descriptor(), POLLRDHUP, 0};
    if (::poll(&client, 1, kLook / 1ms) > 0) return;
  }
}

void SqsProxy::thaw() {
  isFrozen_ = false;
  isFrozen_.notify_all();
}

void SqsProxy::waitWhileFrozen() const {
  isFrozen_.wait(true);
}

}  // namespace leptir
