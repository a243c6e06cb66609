#include "master/reloader.h"

#include <csignal>

namespace leptir::master {
namespace {

using namespace std::chrono_literals;

// The check opens stores; a store that does not answer takes some seconds to time out.
constexpr Duration kLongestCheck = 60s;

}  // namespace

void Reloader::request(BootTime now) {
  if (reloading_) {
    requestedAgain_ = true;
  } else {
    begin(now);
  }
}

void Reloader::begin(BootTime now) {
  if (!hooks_.read || !hooks_.read()) return;
  check_ = context_.start("The check of the new configuration", hooks_.check);
  checkUntil_ = now + kLongestCheck;
  reloading_ = check_.has_value();
}

void Reloader::tick(BootTime now) {
  if (!check_ || now < checkUntil_) return;
  check_->signal(SIGKILL);
  context_.log.error("The check of the new configuration (pid " + std::to_string(check_->pid()) +
                     ") takes too long and is killed.");
  checkUntil_ = BootTime::max();
}

bool Reloader::reaped(const ExitReport& death) {
  if (!check_ || check_->pid() != death.pid) return false;
  check_.reset();
  context_.pids.erase(death.pid);
  checked_ = death.signal == 0 && death.exitCode == 0;
  if (checked_) return true;
  context_.log.error("The configuration stays as it was.");
  finished(death.at);
  return true;
}

void Reloader::finished(BootTime now) {
  reloading_ = false;
  if (std::exchange(requestedAgain_, false)) begin(now);
}

void Reloader::closeInChild() {
  if (check_) check_->closeInChild();
}

}  // namespace leptir::master
