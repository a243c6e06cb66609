#include "instance/metrics_server.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "base/backoff.h"
#include "base/exit_code.h"
#include "base/listen_address.h"
#include "instance/metrics_pages.h"
#include "web/listen_socket.h"
#include "web/server.h"

namespace leptir::instance {
namespace {

constexpr Duration kFirstListenPause = std::chrono::seconds(1), kMaxListenPause = std::chrono::seconds(30);
constexpr Duration kBeatInterval = std::chrono::milliseconds(500);
// Besides one for each connection: the log, the library, and what a request opens for a moment.
constexpr rlim_t kOtherDescriptors = 64;

// The master sends USR1 when the logs are to be opened again. The signal stays blocked, and is taken between requests.
class LogReopenSignal {
 public:
  LogReopenSignal() {
    ::sigemptyset(&usr1_);
    ::sigaddset(&usr1_, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &usr1_, nullptr);
    ::signal(SIGUSR1, SIG_DFL);  // an ignored signal would not stay pending
  }
  bool take() const {
    const timespec noWait{};
    return ::sigtimedwait(&usr1_, nullptr, &noWait) == SIGUSR1;
  }

 private:
  sigset_t usr1_{};
};

class MetricsServer {
 public:
  MetricsServer(std::string address, link::StatusBoard& board, Logger& logger, const std::function<void()>& beat)
      : address_(std::move(address)), board_(board), logger_(logger), beat_(beat) {}

  int run() {
    ::prctl(PR_SET_NAME, "leptir-metrics");
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    auto listening = listen();
    board_.setMetricsListening();
    board_.makeReadOnly();
    const auto failed = serve(std::move(listening));
    log(LogLevel::Error, failed.message());
    return base::kExitPartlyDone;
  }

 private:
  // An address that is in use may be free later; an interface may come up later. The log has each reason once.
  base::UniqueFd listen() {
    base::Backoff pause(kFirstListenPause, kMaxListenPause, static_cast<std::uint64_t>(::getpid()));
    std::string lastProblem;
    for (;;) {
      const auto address = base::parseListenAddress(address_);
      auto listening = address ? web::listenAt(*address) : Result<base::UniqueFd>(address.error());
      if (listening) {
        log(LogLevel::Info, "Metrics are served at " + address_ + ".");
        return std::move(*listening);
      }
      const auto& problem = listening.error().message();
      if (std::exchange(lastProblem, problem) != problem)
        log(LogLevel::Error, "Metrics cannot be served: " + problem + ". Tasks go on; leptir tries again.");
      board_.setMetricsProblem(problem);
      sleepFor(pause.next());
    }
  }

  void sleepFor(Duration pause) const {
    for (; pause > Duration::zero(); pause -= kBeatInterval) {
      beat_();
      std::this_thread::sleep_for(std::min(pause, kBeatInterval));
    }
  }

  // Serves without end; returns only the error that keeps the server from going on.
  Error serve(base::UniqueFd listening) {
    const auto server =
        web::Server::start(std::move(listening), metricsPages(board_, systemClock()), limits(), systemClock());
    if (!server) return server.error();
    for (;;) {
      beat_();
      if (const auto served = (*server)->serveFor(kBeatInterval); !served) return served.error();
      if (logReopenSignal_.take()) (void)logger_.reopen();
    }
  }

  // The limits of the server, with as many connections as the limit on descriptors allows.
  static web::Limits limits() {
    web::Limits limits;
    rlimit descriptors{};
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return limits;
    descriptors.rlim_cur = std::min<rlim_t>(descriptors.rlim_max, limits.connections + kOtherDescriptors);
    ::setrlimit(RLIMIT_NOFILE, &descriptors);
    const auto room = descriptors.rlim_cur > 2 * kOtherDescriptors ? descriptors.rlim_cur - kOtherDescriptors : 16;
    limits.connections = std::min<std::size_t>(limits.connections, room);
    return limits;
  }

  void log(LogLevel level, const std::string& message) const { logger_.logAs("METRICS", level, message); }

  const std::string address_;
  link::StatusBoard& board_;
  Logger& logger_;
  const std::function<void()>& beat_;
  const LogReopenSignal logReopenSignal_;
};

}  // namespace

std::optional<std::string> whyNoMetricsServer(const Config&) {
  return std::nullopt;
}

int runMetricsServer(const std::string& address, link::StatusBoard& board, Logger& logger,
                     const std::function<void()>& beat) {
  return MetricsServer(address, board, logger, beat).run();
}

}  // namespace leptir::instance
