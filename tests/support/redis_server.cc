#include "tests/support/redis_server.h"

#include <hiredis/hiredis.h>

#include <stdexcept>

#include "tests/support/wait_until.h"

namespace leptir {
namespace {

using Client = std::unique_ptr<redisContext, decltype(&redisFree)>;
using Reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

Json jsonOf(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return reply.integer;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return std::string(reply.str, reply.len);
    case REDIS_REPLY_ARRAY: {
      auto list = Json::array();
      for (std::size_t i = 0; i < reply.elements; ++i) list.push_back(jsonOf(*reply.element[i]));
      return list;
    }
    case REDIS_REPLY_ERROR:
      throw std::runtime_error(std::string(reply.str, reply.len));
    default:
      return nullptr;
  }
}

Reply send(redisContext& client, const std::vector<std::string_view>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  void* reply = ::redisCommandArgv(&client, static_cast<int>(words.size()), texts.data(), sizes.data());
  return {static_cast<redisReply*>(reply), &freeReplyObject};
}

}  // namespace

RedisServer::RedisServer(const Settings& settings, Reach reach, Time time) {
  if (time != Time::Machine) {
    const auto clock = time == Time::Manual ? ShiftedPage::Clock::StandsAtTheStart : ShiftedPage::Clock::Runs;
    clock_.emplace(folder_ / "clock", clock);
  }
  if (reach == Reach::Tcp) port_ = freePort();
  writeConfiguration(settings);
  start();
}

void RedisServer::start() {
  ServerProgram program{{"redis-server", folder_ / "redis.conf"}, folder_ / "redis.log"};
  if (clock_) program.variables = clock_->variables();
  process_.start(program);
  if (!waitUntil([this] { return answers(); })) throw std::runtime_error("redis-server does not start: " + log());
}

Json RedisServer::ask(const std::vector<std::string_view>& words) {
  const Client client(::redisConnectUnix(socket().c_str()), &redisFree);
  if (client == nullptr || client->err != 0) throw std::runtime_error("redis-server: cannot connect");
  const auto reply = send(*client, words);
  if (reply == nullptr) throw std::runtime_error(std::string("redis-server: ") + client->errstr);
  return jsonOf(*reply);
}

void RedisServer::advance(Duration by) {
  if (!clock_) throw std::logic_error("this server has the machine's clock");
  clock_->advance(by);
}

void RedisServer::startOver() {
  ask({"FLUSHALL"});
  ask({"SCRIPT", "FLUSH"});
  if (clock_) clock_->startOver();
}

void RedisServer::writeConfiguration(const Settings& settings) const {
  std::string text = "port " + std::to_string(port_) + "\nbind 127.0.0.1\nunixsocket " + socket() + "\ndir " +
                     folder_.path().string() + "\nsave \"\"\n";
  for (const auto& line : settings) text += line + "\n";
  folder_.write("redis.conf", text);
}

bool RedisServer::answers() {
  if (process_.hasEnded()) throw std::runtime_error("redis-server does not start: " + log());
  const Client client(::redisConnectUnix(socket().c_str()), &redisFree);
  if (client == nullptr || client->err != 0) return false;
  const auto reply = send(*client, {"PING"});
  if (reply == nullptr) return false;
  return reply->type != REDIS_REPLY_ERROR || std::string_view(reply->str, reply->len).starts_with("NOAUTH");
}

RedisServer& sharedRedisServer(RedisServer::Time time) {
  static std::unique_ptr<RedisServer> machine, shifted, manual;
  auto& server = time == RedisServer::Time::Machine ? machine : time == RedisServer::Time::Shifted ? shifted : manual;
  if (server == nullptr)
    server = std::make_unique<RedisServer>(RedisServer::Settings{}, RedisServer::Reach::UnixSocket, time);
  server->startOver();
  return *server;
}

}  // namespace leptir
