#include "cli/stop_signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

namespace leptir::cli {
namespace {

constexpr int kSignalExitStatusBase = 128;

bool isIgnored(int signal) {
  struct sigaction action{};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

StopSignals::StopSignals(Wake& wake) : wake_(wake) {
  ::sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM}) {
    if (!isIgnored(signal)) ::sigaddset(&signals_, signal);
  }
  ::pthread_sigmask(SIG_BLOCK, &signals_, &blockedBefore_);
  descriptor_ = base::UniqueFd(::signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK));
  receiver_ = std::thread([this] { receive(); });
}

StopSignals::~StopSignals() {
  end_.ring();
  receiver_.join();
  ::pthread_sigmask(SIG_SETMASK, &blockedBefore_, nullptr);
}

void StopSignals::receive() {
  while (!end_.waitFor(std::chrono::hours(1), descriptor_.get())) {
    signalfd_siginfo info{};
    if (::read(descriptor_.get(), &info, sizeof info) != sizeof info) continue;
    if (caught_.exchange(static_cast<int>(info.ssi_signo)) != 0) endProcess();
    wake_.ring();
  }
}

void StopSignals::endProcess() const {
  ::signal(caught_, SIG_DFL);
  ::kill(::getpid(), caught_);
  ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  ::_exit(kSignalExitStatusBase + caught_);
}

}  // namespace leptir::cli
