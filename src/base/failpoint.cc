#include "base/failpoint.h"

#ifdef LEPTIR_FAILPOINTS

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <sstream>
#include <string>

namespace leptir::base {
namespace {

struct ActiveFailpoint {
  std::string name, action, file;
  long nth = 0;
};

ActiveFailpoint readActiveFailpoint() {
  ActiveFailpoint active;
  const char* const text = std::getenv("LEPTIR_FAILPOINT");
  std::istringstream words(text != nullptr ? text : "");
  std::string nth;
  std::getline(words, active.name, ':');
  std::getline(words, nth, ':');
  std::getline(words, active.action, ':');
  std::getline(words, active.file);
  active.nth = std::atol(nth.c_str());
  return active;
}

bool isFirstToCreate(const std::string& file) {
  const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (made >= 0) ::close(made);
  return made >= 0;
}

void act(const std::string& action) {
  if (action == "exit") ::_exit(137);
  if (action == "stop") ::raise(SIGSTOP);
  const timespec second{1, 0};
  if (action == "sleep") ::nanosleep(&second, nullptr);
}

}  // namespace

void failpoint(std::string_view name) {
  static const ActiveFailpoint kActive = readActiveFailpoint();
  static std::atomic<long> times{0};
  if (name != kActive.name || ++times != kActive.nth) return;
  if (kActive.file.empty() || isFirstToCreate(kActive.file)) act(kActive.action);
}

}  // namespace leptir::base

#endif
