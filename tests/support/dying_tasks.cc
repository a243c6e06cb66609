// A user's program whose tasks die, each in a way of its own.
#include <leptir/leptir.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace dying {

// What the compiler must not see through.
volatile int* volatile nowhere = nullptr;
volatile int deep = 0;

[[gnu::noinline]] void writeNowhere() {
  *nowhere = 1;
}

[[gnu::noinline]] int recurse(int depth) {
  volatile char frame[1024];
  frame[0] = static_cast<char>(depth);
  if (deep < 1) deep = recurse(depth + 1) + frame[0];
  return deep;
}

[[gnu::noinline]] void smashTheHeap() {
  auto* block = static_cast<char*>(std::malloc(4000));
  volatile char* before = block - 16;
  for (int i = 0; i < 32; ++i) before[i] = 0x41;
  std::free(block);
  deep = 1;
}

[[gnu::noinline]] void callNowhere() {
  auto* volatile function = reinterpret_cast<void (*)()>(0x10);
  function();
  deep = 1;
}

void throwInAThread() {
  std::thread([] { throw std::runtime_error("nobody catches this"); }).join();
}

void throwSomething() {
  if (deep == 0) throw std::logic_error("through noexcept");
}

void throwThroughNoexcept() noexcept {
  throwSomething();
}

void growInAThread() {
  const rlimit limit{std::size_t{512} << 20, std::size_t{512} << 20};
  ::setrlimit(RLIMIT_AS, &limit);
  std::thread([] {
    std::vector<std::vector<char>> hog;
    for (;;) hog.emplace_back(std::size_t{16} << 20, 'x');
  }).join();
}

void grow() {
  const rlimit limit{std::size_t{512} << 20, std::size_t{512} << 20};
  ::setrlimit(RLIMIT_AS, &limit);
  std::vector<std::vector<char>> hog;
  for (;;) hog.emplace_back(std::size_t{16} << 20, 'x');
}

void talk() {
  for (int line = 0; line < 5'000; ++line) std::cerr << "line " << line << " of a long story\n";
  std::cerr << "the last line\n";
  writeNowhere();
}

[[gnu::noinline]] void hang() {
  for (;;) deep = deep + 1;
}

void crashInAChild() {
  if (::fork() == 0) writeNowhere();
  ::_exit(4);
}

}  // namespace dying

int main(int argc, char** argv) {
  using namespace dying;
  leptir::Program program;
  const auto add = [&program](const std::string& name, std::function<void()> deed) {
    program.tasks.add<leptir::Json>(name, [deed](const leptir::Json&, leptir::TaskContext&) { deed(); });
  };
  leptir::addTestTasks(program.tasks);
  add("segv", writeNowhere);
  add("call_nowhere", callNowhere);
  add("abort", [] { std::abort(); });
  add("overflow", [] { recurse(0); });
  add("heap", smashTheHeap);
  add("thread", throwInAThread);
  add("noexcept", throwThroughNoexcept);
  add("terminate", [] { std::terminate(); });
  add("exit", [] { std::exit(3); });
  add("quick_exit", [] { std::quick_exit(5); });
  add("_exit", [] { ::_exit(7); });
  add("kill", [] { ::kill(::getpid(), SIGKILL); });
  add("grow_thread", growInAThread);
  add("grow", grow);
  add("talk", talk);
  add("spin", hang);
  add("child", crashInAChild);
  return leptir::runMain(argc, argv, std::move(program));
}
