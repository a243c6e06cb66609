#include "tests/chaos/families.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <stdexcept>

namespace leptir::chaos {
namespace {

// A pipe by which children report that they run. waitFor() also returns when the children die.
class ReadyPipe {
 public:
  ReadyPipe() {
    if (::pipe2(pipe_, O_CLOEXEC) != 0) throw std::runtime_error("cannot create a pipe");
  }
  ~ReadyPipe() {
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }
  void ready() const { [[maybe_unused]] const auto written = ::write(pipe_[1], "r", 1); }
  void waitFor(int children) const {
    for (char word = 0; children > 0 && ::read(pipe_[0], &word, 1) == 1;) --children;
  }

 private:
  int pipe_[2];
};

[[noreturn]] void stay() {
  for (;;) ::pause();
}

struct ChildSetup {
  const ReadyPipe& readyPipe;
  const std::function<void()>& announce;

  [[noreturn]] void announceAndStay() const {
    announce();
    readyPipe.ready();
    stay();
  }
};

template <class Body>
void inFork(Body body) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child > 0) return;
  body();
  ::_exit(0);
}

// Runs `body` in a grandchild. The child between ends at once, so the grandchild becomes an orphan.
template <class Body>
void inForkOfAFork(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    inFork(body);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

void nohup(const ChildSetup& setup) {
  inFork([&] {
    ::signal(SIGHUP, SIG_IGN);
    setup.announce();
    setup.readyPipe.ready();
    ::execl("/bin/sh", "sh", "-c", "nohup sleep 100000 >/dev/null 2>&1 & wait", nullptr);
  });
}

void closed(const ChildSetup& setup) {
  inFork([&] {
    setup.announce();
    setup.readyPipe.ready();
    for (int descriptor = 0; descriptor < 1024; ++descriptor) ::close(descriptor);
    stay();
  });
}

const std::map<std::string, void (*)(const ChildSetup&)>& childStarters() {
  static const std::map<std::string, void (*)(const ChildSetup&)> kStarters{
      {"plain", [](const ChildSetup& setup) { inFork([&] { setup.announceAndStay(); }); }},
      {"double", [](const ChildSetup& setup) { inForkOfAFork([&] { setup.announceAndStay(); }); }},
      {"setsid",
       [](const ChildSetup& setup) {
         inFork([&] {
           ::setsid();
           setup.announceAndStay();
         });
       }},
      {"setsid_double",
       [](const ChildSetup& setup) {
         inForkOfAFork([&] {
           ::setsid();
           setup.announceAndStay();
         });
       }},
      {"nohup", nohup},
      {"closed", closed},
      {"many",
       [](const ChildSetup& setup) {
         for (int i = 0; i < 50; ++i) inFork([&] { setup.announceAndStay(); });
       }},
  };
  return kStarters;
}

}  // namespace

void startFamily(const std::string& way, const std::function<void()>& announce) {
  const ReadyPipe readyPipe;
  childStarters().at(way)({readyPipe, announce});
  readyPipe.waitFor(way == "many" ? 50 : 1);
}

std::vector<std::string> waysOfFamilies() {
  std::vector<std::string> ways;
  for (const auto& [way, setup] : childStarters()) ways.push_back(way);
  return ways;
}

}  // namespace leptir::chaos
