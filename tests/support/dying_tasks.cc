#include "tests/support/dying_tasks.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csetjmp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace dying {

// Volatile, so that the compiler cannot know the values and remove the crashes.
volatile int* volatile nowhere = nullptr;
volatile int deep = 0;

// Without the sanitizer check for null, so that the write crashes with SIGSEGV in such builds too.
__attribute__((noinline, no_sanitize("null"))) void writeNowhere() {
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
  for (volatile unsigned turns = 0;;) turns = turns + 1;
}

void crashInAChild() {
  if (::fork() == 0) writeNowhere();
  ::_exit(4);
}

[[gnu::noinline]] void rememberHere(std::jmp_buf& here) {
  volatile char frame[4096];
  frame[0] = 1;
  if (setjmp(here) != 0) deep = frame[0];
}

[[gnu::noinline]] void jumpToAFrameThatIsGone() {
  std::jmp_buf here;
  rememberHere(here);
  std::longjmp(here, 1);
}

}  // namespace dying

namespace leptir {

std::map<std::string, std::function<void()>> waysToDie() {
  using namespace dying;
  return {
      {"segv", writeNowhere},
      {"call_nowhere", callNowhere},
      {"abort", [] { std::abort(); }},
      {"overflow", [] { recurse(0); }},
      {"heap", smashTheHeap},
      {"longjmp", jumpToAFrameThatIsGone},
      {"thread", throwInAThread},
      {"noexcept", throwThroughNoexcept},
      {"terminate", [] { std::terminate(); }},
      {"exit", [] { std::exit(3); }},
      {"exit_well", [] { std::exit(0); }},
      {"quick_exit", [] { std::quick_exit(5); }},
      {"_exit", [] { ::_exit(7); }},
      {"kill", [] { ::kill(::getpid(), SIGKILL); }},
      {"grow_thread", growInAThread},
      {"grow", grow},
      {"talk", talk},
      {"spin", hang},
      {"child", crashInAChild},
  };
}

}  // namespace leptir
