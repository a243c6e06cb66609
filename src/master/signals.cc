#include "master/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_text.h"

namespace leptir::master {
namespace {

constexpr int kMasterSignals[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1};

}  // namespace

Result<SignalInbox> SignalInbox::open() {
  sigset_t ours, before;
  ::sigemptyset(&ours);
  for (const int signal : kMasterSignals) ::sigaddset(&ours, signal);
  ::sigaddset(&ours, SIGCHLD);
  ::signal(SIGCHLD, SIG_DFL);  // some parents leave it ignored: then no child could be waited for
  if (::sigprocmask(SIG_BLOCK, &ours, &before) != 0)
    return Error(ErrorCode::Internal, "sigprocmask: " + base::errnoText(errno));
  base::UniqueFd descriptor(::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor) return Error(ErrorCode::Internal, "signalfd: " + base::errnoText(errno));
  return SignalInbox(std::move(descriptor), before);
}

SignalInbox::~SignalInbox() {
  if (!descriptor_) return;  // moved from
  // A signal that comes later must not kill the process while it ends.
  for (const int signal : kMasterSignals) ::signal(signal, SIG_IGN);
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> SignalInbox::next() {
  signalfd_siginfo info{};
  if (::read(descriptor_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

AllSignalsBlocked::AllSignalsBlocked() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before_);
}

AllSignalsBlocked::~AllSignalsBlocked() {
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void resetSignalsInChild() {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
  }
  ::signal(SIGXFSZ, SIG_IGN);
  struct sigaction nothing{};
  nothing.sa_handler = [](int) {};
  nothing.sa_flags = SA_RESTART;
  for (const int signal : kMasterSignals) ::sigaction(signal, &nothing, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace leptir::master
