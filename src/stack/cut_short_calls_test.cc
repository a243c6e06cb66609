#include "stack/cut_short_calls.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "stack/process_stack.h"
#include "stack/thread_stopper.h"
#include "tests/support/wait_until.h"

namespace leptir::stack {
namespace {

constexpr std::size_t kMoreThanFits = std::size_t{4} << 20;

void setTimeout(int socket, int option) {
  const timeval minute{60, 0};
  ::setsockopt(socket, SOL_SOCKET, option, &minute, sizeof minute);
}

// A process that makes one call, which waits, and tells what it has returned.
class CallingProcess {
 public:
  explicit CallingProcess(const std::function<ssize_t()>& call) {
    void* memory = ::mmap(nullptr, sizeof(*result_), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    result_ = new (memory) std::atomic<ssize_t>(kWaits);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto returned = call();
    *result_ = returned >= 0 ? returned : -errno;
    for (;;) ::pause();
  }
  ~CallingProcess() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::munmap(result_, sizeof(*result_));
  }
  CallingProcess(const CallingProcess&) = delete;
  CallingProcess& operator=(const CallingProcess&) = delete;

  ThreadState look() const { return readThreadState(pid_, pid_); }
  void waitUntilBlocked() const {
    ASSERT_TRUE(waitUntil([&] { return look().isBlocked; }));
  }
  void takeStacks() const {
    for (int i = 0; i < 20; ++i) {
      const auto stack = captureProcessStack(pid_);
      ASSERT_TRUE(stack);
      EXPECT_FALSE(stack->threads[0].frames.empty());
    }
    EXPECT_EQ(*result_, kWaits) << "the call has ended";
  }
  ssize_t result() const {
    EXPECT_TRUE(waitUntil([&] { return *result_ != kWaits; }));
    return *result_;
  }

 private:
  static constexpr ssize_t kWaits = -1'000'000;
  std::atomic<ssize_t>* result_ = nullptr;
  pid_t pid_ = 0;
};

// Two ends of a stream: the process has one, the test the other.
struct Ends {
  explicit Ends(int (*make)(int (&)[2])) {
    int made[2];
    EXPECT_EQ(make(made), 0);
    first = base::UniqueFd(made[0]);
    second = base::UniqueFd(made[1]);
  }
  base::UniqueFd first, second;
};

int makeSockets(int (&ends)[2]) {
  return ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}
int makePipe(int (&ends)[2]) {
  return ::pipe2(ends, O_CLOEXEC);
}

void readAll(int from, std::size_t bytes) {
  std::string text(64 * 1024, '\0');
  for (std::size_t read = 0; read < bytes;) {
    const auto got = ::read(from, text.data(), text.size());
    ASSERT_GT(got, 0);
    read += static_cast<std::size_t>(got);
  }
}

void expectTheReceiverWaitsOn(const std::function<ssize_t(int socket)>& receive) {
  const Ends ends(makeSockets);
  const CallingProcess process([&] {
    setTimeout(ends.first.get(), SO_RCVTIMEO);
    return receive(ends.first.get());
  });
  process.waitUntilBlocked();
  process.takeStacks();
  ASSERT_EQ(::write(ends.second.get(), "x", 1), 1);
  EXPECT_EQ(process.result(), 1);
}

TEST(CutShortCalls, ReceivingWithATimeoutGoesOn) {
  char text[8];
  expectTheReceiverWaitsOn([&](int socket) { return ::recv(socket, text, sizeof text, 0); });
  expectTheReceiverWaitsOn([&](int socket) { return ::read(socket, text, sizeof text); });
  expectTheReceiverWaitsOn([&](int socket) {
    iovec part{text, sizeof text};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    return ::recvmsg(socket, &message, 0);
  });
}

TEST(CutShortCalls, AReceiverWithoutATimeoutIsStopped) {
  const Ends ends(makeSockets);
  const CallingProcess process([&] {
    char byte = 0;
    return ::recv(ends.first.get(), &byte, 1, 0);
  });
  process.waitUntilBlocked();
  EXPECT_FALSE(process.look().mustNotBeStopped);
  process.takeStacks();
  ASSERT_EQ(::write(ends.second.get(), "x", 1), 1);
  EXPECT_EQ(process.result(), 1);
}

TEST(CutShortCalls, AReaderOfAPipeIsStopped) {
  const Ends ends(makePipe);
  const CallingProcess process([&] {
    char byte = 0;
    return ::read(ends.first.get(), &byte, 1);
  });
  process.waitUntilBlocked();
  EXPECT_FALSE(process.look().mustNotBeStopped);
}

TEST(CutShortCalls, ReceivingAllBytesIsNotEndedWithAPartOfThem) {
  const Ends ends(makeSockets);
  const CallingProcess process([&] {
    char text[8];
    return ::recv(ends.first.get(), text, sizeof text, MSG_WAITALL);
  });
  ASSERT_EQ(::write(ends.second.get(), "1234", 4), 4);
  process.waitUntilBlocked();
  process.takeStacks();
  ASSERT_EQ(::write(ends.second.get(), "5678", 4), 4);
  EXPECT_EQ(process.result(), 8);
}

TEST(CutShortCalls, WritingIntoAFullPipeIsNotEndedWithAPart) {
  const Ends ends(makePipe);
  const std::string text(kMoreThanFits, 'x');
  const CallingProcess process([&] { return ::write(ends.second.get(), text.data(), text.size()); });
  process.waitUntilBlocked();
  process.takeStacks();
  readAll(ends.first.get(), text.size());
  EXPECT_EQ(process.result(), static_cast<ssize_t>(text.size()));
}

TEST(CutShortCalls, SendingIntoAFullSocketIsNotEndedWithAPart) {
  const Ends ends(makeSockets);
  const std::string text(kMoreThanFits, 'x');
  const CallingProcess process([&] { return ::send(ends.first.get(), text.data(), text.size(), 0); });
  process.waitUntilBlocked();
  process.takeStacks();
  readAll(ends.second.get(), text.size());
  EXPECT_EQ(process.result(), static_cast<ssize_t>(text.size()));
}

// A socket that listens at an address without a file.
class Listener {
 public:
  Listener() {
    const auto name = "leptir-cut-short-" + std::to_string(::getpid());
    name.copy(address_.sun_path + 1, sizeof address_.sun_path - 2);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_), 0);
    EXPECT_EQ(::listen(socket.get(), 0), 0);
  }
  static base::UniqueFd makeClient(int flags = 0) {
    return base::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  }
  int connect(const base::UniqueFd& client) const {
    return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
  }

  const base::UniqueFd socket = makeClient();

 private:
  sockaddr_un address_{.sun_family = AF_UNIX, .sun_path = {}};
};

TEST(CutShortCalls, AcceptingWithATimeoutGoesOn) {
  const Listener listener;
  setTimeout(listener.socket.get(), SO_RCVTIMEO);
  const CallingProcess process([&] { return ::accept(listener.socket.get(), nullptr, nullptr) >= 0 ? 1 : -1; });
  process.waitUntilBlocked();
  process.takeStacks();
  const auto client = Listener::makeClient();
  ASSERT_EQ(listener.connect(client), 0);
  EXPECT_EQ(process.result(), 1);
}

TEST(CutShortCalls, ConnectingWithATimeoutGoesOn) {
  const Listener listener;
  std::vector<base::UniqueFd> waiting;  // fill the queue of the listener
  do waiting.push_back(Listener::makeClient(SOCK_NONBLOCK));
  while (listener.connect(waiting.back()) == 0);
  const CallingProcess process([&] {
    const auto client = Listener::makeClient();
    setTimeout(client.get(), SO_SNDTIMEO);
    return listener.connect(client);
  });
  process.waitUntilBlocked();
  process.takeStacks();
  const base::UniqueFd accepted(::accept(listener.socket.get(), nullptr, nullptr));
  EXPECT_EQ(process.result(), 0);
}

}  // namespace
}  // namespace leptir::stack
