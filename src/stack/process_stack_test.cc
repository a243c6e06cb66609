#include "stack/process_stack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <functional>
#include <new>
#include <thread>

#include "leptir/json.h"
#include "stack/thread_stopper.h"
#include "tests/support/wait_until.h"

namespace leptir::stack {

// What the child of a test shares with it.
struct Shared {
  std::atomic<int> isThere{0};
  std::atomic<int> result{0};
  std::atomic<int> goOn{0};
};

[[gnu::noinline]] void waitInAKnownFunction(Shared& shared) {
  shared.isThere = 1;
  while (shared.goOn == 0) {
  }
  shared.result = 1;
}

[[gnu::noinline]] void callTheKnownFunction(Shared& shared) {
  waitInAKnownFunction(shared);
  shared.result = 2;
}

namespace {

using namespace std::chrono_literals;

// A process that runs `body` in a fork of the test. What it needs was prepared before the fork.
class Child {
 public:
  explicit Child(const std::function<void(Shared&)>& body) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    body(shared_);
    ::_exit(0);
  }
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::munmap(&shared_, sizeof(Shared));
  }

  int pid() const { return pid_; }
  Shared& shared() { return shared_; }
  void waitUntilThere() {
    ASSERT_TRUE(waitUntil([&] { return shared_.isThere == 1; }));
  }
  // Waits until the thread waits in a system call.
  void waitUntilBlocked() {
    waitUntilThere();
    ASSERT_TRUE(waitUntil([&] { return readThreadState(pid_, pid_).isBlocked; }));
  }

 private:
  static Shared& map() {
    void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return *new (memory) Shared;
  }

  Shared& shared_ = map();
  pid_t pid_ = 0;
};

const SourceFrame* frameOf(const ThreadStack& thread, const std::string& function) {
  const auto found = std::ranges::find_if(
      thread.frames, [&](const SourceFrame& frame) { return frame.function.find(function) != std::string::npos; });
  return found == thread.frames.end() ? nullptr : &*found;
}

TEST(ProcessStack, HasTheFunctionsFilesAndLinesOfWhatAProcessDoes) {
  Child child(callTheKnownFunction);
  child.waitUntilThere();
  const auto stack = *captureProcessStack(child.pid());
  ASSERT_EQ(stack.threads.size(), 1u);
  const auto& thread = stack.threads[0];
  const auto* inner = frameOf(thread, "waitInAKnownFunction(");
  const auto* outer = frameOf(thread, "callTheKnownFunction(");
  ASSERT_NE(inner, nullptr) << textOf(stack, StackSubject::Worker);
  ASSERT_NE(outer, nullptr) << textOf(stack, StackSubject::Worker);
  EXPECT_LT(inner, outer);
  for (const auto* frame : {inner, outer}) {
    EXPECT_THAT(frame->file, ::testing::EndsWith("process_stack_test.cc"));
    EXPECT_GT(frame->line, 0);
    EXPECT_TRUE(frame->isOfProgram);
  }
  EXPECT_EQ(thread.tid, child.pid());
  EXPECT_THAT(thread.name, ::testing::StartsWith("stack_test"));
  EXPECT_GT(stack.stoppedFor, Duration::zero());
}

TEST(ProcessStack, TheProcessGoesOnAfterwards) {
  Child child(callTheKnownFunction);
  child.waitUntilThere();
  ASSERT_TRUE(captureProcessStack(child.pid()));
  ASSERT_TRUE(captureProcessStack(child.pid()));
  child.shared().goOn = 1;
  EXPECT_TRUE(waitUntil([&] { return child.shared().result == 2; }));
}

std::int64_t monotonicMicroseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000;
}

// Writes its longest pause so far into `result`, in microseconds, until the test ends it.
void recordPauses(Shared& shared) {
  shared.isThere = 1;
  for (auto last = monotonicMicroseconds();;) {
    const auto now = monotonicMicroseconds();
    if (now - last > shared.result) shared.result = static_cast<int>(now - last);
    last = now;
  }
}

// The stop itself takes less than a millisecond. On a busy machine the process waits for a processor as well, so the
// best of several stacks counts. (Debug information is read after the process goes on; that takes far longer.)
TEST(ProcessStack, TheProcessStandsStillForLessThanATenthOfASecondAndForAsLongAsIsTold) {
  Child child(recordPauses);
  child.waitUntilThere();
  auto shortest = Duration::max();
  for (int i = 0; i < 10; ++i) {
    child.shared().result = 0;
    const auto stack = captureProcessStack(child.pid());
    ASSERT_TRUE(stack);
    // It may see its pause only when it has a processor again.
    ASSERT_TRUE(waitUntil([&] { return child.shared().result.load() * 1us + 200us >= stack->stoppedFor; }))
        << "stopped for " << stack->stoppedFor / 1us << " µs, but the process has seen " << child.shared().result;
    shortest = std::min<Duration>(shortest, child.shared().result.load() * 1us);
  }
  EXPECT_LT(shortest, 100ms);
}

TEST(ProcessStack, HasAllThreadsTheMainOneFirst) {
  Child child([](Shared& shared) {
    std::thread([&] {
      ::prctl(PR_SET_NAME, "helper");
      callTheKnownFunction(shared);
    }).detach();
    for (;;) ::pause();
  });
  child.waitUntilBlocked();
  const auto stack = *captureProcessStack(child.pid());
  ASSERT_EQ(stack.threads.size(), 2u);
  EXPECT_EQ(stack.threads[0].tid, child.pid());
  EXPECT_NE(frameOf(stack.threads[0], "pause"), nullptr) << textOf(stack, StackSubject::Worker);
  EXPECT_EQ(stack.threads[1].name, "helper");
  EXPECT_NE(frameOf(stack.threads[1], "waitInAKnownFunction("), nullptr) << textOf(stack, StackSubject::Worker);
}

// Takes stacks while the child waits in a call, and lets it go on by a byte in a pipe.
void expectTheCallGoesOn(const std::function<int(int readEnd)>& call) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Child child([&](Shared& shared) {
    shared.isThere = 1;
    shared.result = call(ends[0]);
  });
  child.waitUntilBlocked();
  std::size_t frames = 0;
  for (int i = 0; i < 5; ++i) {
    const auto stack = captureProcessStack(child.pid());
    ASSERT_TRUE(stack);
    frames += stack->threads[0].frames.size();
  }
  EXPECT_GT(frames, 0u);
  EXPECT_EQ(child.shared().result, 0) << "the call has ended";
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  EXPECT_TRUE(waitUntil([&] { return child.shared().result != 0; }));
  EXPECT_EQ(child.shared().result, 1);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(ProcessStack, AReadGoesOn) {
  expectTheCallGoesOn([](int readEnd) {
    char byte = 0;
    return static_cast<int>(::read(readEnd, &byte, 1));
  });
}

TEST(ProcessStack, APollGoesOn) {
  expectTheCallGoesOn([](int readEnd) {
    pollfd waits{readEnd, POLLIN, 0};
    return ::poll(&waits, 1, 60'000);
  });
}

TEST(ProcessStack, AnEpollWaitGoesOnAlthoughTheKernelWouldNotRestartIt) {
  const int epoll = ::epoll_create1(0);
  expectTheCallGoesOn([epoll](int readEnd) {
    epoll_event event{.events = EPOLLIN, .data = {}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, readEnd, &event);
    return ::epoll_wait(epoll, &event, 1, 60'000);
  });
  ::close(epoll);
}

TEST(ProcessStack, ASleepLastsAsLongAsItShould) {
  Child child([](Shared& shared) {
    const auto begin = std::chrono::steady_clock::now();
    shared.isThere = 1;
    const timespec time{0, 400'000'000};
    const int status = ::nanosleep(&time, nullptr);
    const bool isLong = std::chrono::steady_clock::now() - begin >= 400ms;
    shared.result = status == 0 && isLong ? 1 : errno + 100;
  });
  child.waitUntilBlocked();
  ASSERT_TRUE(captureProcessStack(child.pid()));
  EXPECT_TRUE(waitUntil([&] { return child.shared().result != 0; }));
  EXPECT_EQ(child.shared().result, 1);
}

TEST(ProcessStack, SignalsThatArriveMeanwhileAreDelivered) {
  Child child([](Shared& shared) {
    static std::atomic<int>* count = nullptr;
    count = &shared.result;
    struct sigaction action{};
    action.sa_handler = [](int) { ++*count; };
    ::sigaction(SIGRTMIN, &action, nullptr);
    shared.isThere = 1;
    for (;;) ::pause();
  });
  child.waitUntilBlocked();
  std::atomic<bool> isOver = false;
  int sent = 0;
  std::thread sender([&] {
    while (!isOver) sent += ::sigqueue(child.pid(), SIGRTMIN, {}) == 0 ? 1 : 0;  // each is queued, none is merged
  });
  for (int i = 0; i < 30; ++i) {
    if (!captureProcessStack(child.pid())) ADD_FAILURE() << "no stack";
  }
  isOver = true;
  sender.join();
  EXPECT_TRUE(waitUntil([&] { return child.shared().result == sent; })) << child.shared().result << " of " << sent;
}

TEST(ProcessStack, AProcessThatIsGoneIsNotFound) {
  EXPECT_EQ(captureProcessStack(0x7fff'fff0).error().code(), ErrorCode::NotFound);
}

TEST(ProcessStack, TheTextIsOneLineOfJson) {
  ProcessStack stack{.pid = 7, .taken = Time(1'500'000us), .stoppedFor = 400us, .threads = {}, .leftOutThreads = 2};
  stack.threads.push_back({.tid = 7,
                           .name = "w\xff\n",
                           .frames = {{.address = 16,
                                       .function = "app::run()",
                                       .file = "/srv/run.cc",
                                       .line = 3,
                                       .module = "app",
                                       .isOfProgram = true},
                                      {.address = 32, .function = "read", .module = "libc.so.6"}},
                           .problem = ""});
  const auto text = textOf(stack, StackSubject::Worker);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto json = *parseJson(text);
  EXPECT_EQ(json.at("pid"), 7);
  EXPECT_EQ(json.at("stoppedFor"), 0.0004);
  EXPECT_EQ(json.at("leftOutThreads"), 2);
  const auto& frames = json.at("threads").at(0).at("frames");
  EXPECT_EQ(frames.at(0).at("user"), true);
  EXPECT_EQ(frames.at(0).at("library"), "");
  EXPECT_EQ(frames.at(1).at("user"), false);
  EXPECT_EQ(frames.at(1).at("library"), "libc.so.6");
}

TEST(ProcessStack, ATextThatIsTooLargeForAStoreLacksItsLastThreads) {
  ProcessStack stack{.pid = 7, .taken = {}, .stoppedFor = {}, .threads = {}, .leftOutThreads = 3};
  const SourceFrame frame{.address = 16, .function = std::string(1'000, 'f')};
  for (int tid = 0; tid < 20; ++tid)
    stack.threads.push_back({.tid = tid, .name = "t", .frames = std::vector(100, frame), .problem = ""});
  const auto text = textOf(stack, StackSubject::Worker);
  EXPECT_LE(text.size(), std::size_t{900} << 10);
  const auto json = *parseJson(text);
  const auto shown = json.at("threads").size();
  EXPECT_GT(shown, 4u);
  EXPECT_EQ(json.at("leftOutThreads"), 23 - shown);
  EXPECT_EQ(json.at("threads").at(0).at("tid"), 0);
}

}  // namespace
}  // namespace leptir::stack
