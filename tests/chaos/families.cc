#include "tests/chaos/families.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <stdexcept>

namespace leptir::chaos {
namespace {

// A child that says when it stands. The pipe ends with it or with its word, whichever comes first.
class Nursery {
 public:
  Nursery() {
    if (::pipe2(pipe_, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
  ~Nursery() {
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

struct Birth {
  const Nursery& nursery;
  const std::function<void()>& announce;

  [[noreturn]] void live() const {
    announce();
    nursery.ready();
    stay();
  }
};

template <class Body>
void inFork(Body body) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no fork");
  if (child > 0) return;
  body();
  ::_exit(0);
}

// Its parent ends at once, so it belongs to whoever takes orphans.
template <class Body>
void inForkOfAFork(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    inFork(body);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

void nohup(const Birth& birth) {
  inFork([&] {
    ::signal(SIGHUP, SIG_IGN);
    birth.announce();
    birth.nursery.ready();
    ::execl("/bin/sh", "sh", "-c", "nohup sleep 100000 >/dev/null 2>&1 & wait", nullptr);
  });
}

void closed(const Birth& birth) {
  inFork([&] {
    birth.announce();
    birth.nursery.ready();
    for (int descriptor = 0; descriptor < 1024; ++descriptor) ::close(descriptor);
    stay();
  });
}

const std::map<std::string, void (*)(const Birth&)>& births() {
  static const std::map<std::string, void (*)(const Birth&)> kBirths{
      {"plain", [](const Birth& birth) { inFork([&] { birth.live(); }); }},
      {"double", [](const Birth& birth) { inForkOfAFork([&] { birth.live(); }); }},
      {"setsid",
       [](const Birth& birth) {
         inFork([&] {
           ::setsid();
           birth.live();
         });
       }},
      {"setsid_double",
       [](const Birth& birth) {
         inForkOfAFork([&] {
           ::setsid();
           birth.live();
         });
       }},
      {"nohup", nohup},
      {"closed", closed},
      {"many",
       [](const Birth& birth) {
         for (int i = 0; i < 50; ++i) inFork([&] { birth.live(); });
       }},
  };
  return kBirths;
}

}  // namespace

void startFamily(const std::string& way, const std::function<void()>& announce) {
  const Nursery nursery;
  births().at(way)({nursery, announce});
  nursery.waitFor(way == "many" ? 50 : 1);
}

std::vector<std::string> waysOfFamilies() {
  std::vector<std::string> ways;
  for (const auto& [way, birth] : births()) ways.push_back(way);
  return ways;
}

}  // namespace leptir::chaos
