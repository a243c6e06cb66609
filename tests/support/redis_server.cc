#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <new>
#include <stdexcept>

#include "tests/support/shifted_time.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

using Client = std::unique_ptr<redisContext, decltype(&redisFree)>;
using Reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

// A TCP port that was free a moment ago.
int freePort() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(probe);
  if (!bound) throw std::runtime_error("no free TCP port on 127.0.0.1");
  return ntohs(address.sin_port);
}

ShiftedTime* makePage(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0 || ::ftruncate(descriptor, sizeof(ShiftedTime)) != 0)
    throw std::runtime_error("cannot create the clock file");
  void* const page = ::mmap(nullptr, sizeof(ShiftedTime), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (page == MAP_FAILED) throw std::runtime_error("cannot map the clock file");
  return new (page) ShiftedTime;
}

void standAtTheStart(ShiftedTime& page) {
  page.standsAt = ManualClock().now().time_since_epoch().count();
}

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

RedisServer::RedisServer(const Settings& settings, Reach reach, Time time) : time_(time) {
  if (time_ != Time::Machine) page_ = makePage(folder_ / "clock");
  if (time_ == Time::Manual) standAtTheStart(*page_);
  if (reach == Reach::Tcp) port_ = freePort();
  writeConfiguration(settings);
  start();
}

RedisServer::~RedisServer() {
  kill();
  if (page_ != nullptr) ::munmap(page_, sizeof(ShiftedTime));
}

void RedisServer::start() {
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // no server is left when the test is killed
    if (::getppid() == parent) run();
    ::_exit(127);
  }
  if (!waitUntil([this] { return answers(); })) throw std::runtime_error("redis-server does not start: " + log());
}

void RedisServer::stop() {
  end(SIGTERM);
}

void RedisServer::kill() {
  end(SIGKILL);
}

void RedisServer::end(int signal) {
  if (pid_ == 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void RedisServer::freeze() {
  ::kill(pid_, SIGSTOP);
}

void RedisServer::thaw() {
  ::kill(pid_, SIGCONT);
}

Json RedisServer::ask(const std::vector<std::string_view>& words) {
  const Client client(::redisConnectUnix(socket().c_str()), &redisFree);
  if (client == nullptr || client->err != 0) throw std::runtime_error("redis-server: cannot connect");
  const auto reply = send(*client, words);
  if (reply == nullptr) throw std::runtime_error(std::string("redis-server: ") + client->errstr);
  return jsonOf(*reply);
}

void RedisServer::advance(Duration by) {
  if (page_ == nullptr) throw std::logic_error("this server has the machine's clock");
  (time_ == Time::Manual ? page_->standsAt : page_->offset) += by.count();
}

void RedisServer::startOver() {
  ask({"FLUSHALL"});
  ask({"SCRIPT", "FLUSH"});
  if (time_ == Time::Manual) standAtTheStart(*page_);
}

void RedisServer::writeConfiguration(const Settings& settings) const {
  std::string text = "port " + std::to_string(port_) + "\nbind 127.0.0.1\nunixsocket " + socket() + "\ndir " +
                     folder_.path().string() + "\nsave \"\"\n";
  for (const auto& line : settings) text += line + "\n";
  folder_.write("redis.conf", text);
}

// Runs in the child: replaces it by the redis-server.
void RedisServer::run() const {
  if (page_ != nullptr) {
    ::setenv("LD_PRELOAD", LEPTIR_SHIFTED_CLOCK, 1);
    ::setenv(kShiftedTimeVariable, (folder_ / "clock").c_str(), 1);
  }
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  const int log = ::open((folder_ / "redis.log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(log, stream);
  ::close_range(3, ~0U, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execlp("redis-server", "redis-server", (folder_ / "redis.conf").c_str(), nullptr);
}

bool RedisServer::answers() const {
  if (::waitpid(pid_, nullptr, WNOHANG) == pid_) throw std::runtime_error("redis-server does not start: " + log());
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
