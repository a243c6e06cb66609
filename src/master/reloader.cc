#include "master/reloader.h"

#include <csignal>

namespace leptir {
namespace {

using namespace std::chrono_literals;

// A store that does not answer takes some seconds to say so.
constexpr Duration kLongestCheck = 60s;

}  // namespace

void Reloader::request(BootTime now) {
  if (busy_) {
    again_ = true;
  } else {
    begin(now);
  }
}

void Reloader::begin(BootTime now) {
  if (!hooks_.read || !hooks_.read()) return;
  check_ = children_.start("The check of the new configuration", hooks_.check);
  checkUntil_ = now + kLongestCheck;
  busy_ = check_.has_value();
}

void Reloader::tick(BootTime now) {
  if (!check_ || now < checkUntil_) return;
  check_->signal(SIGKILL);
  children_.log.error("The check of the new configuration (pid " + std::to_string(check_->pid()) +
                      ") takes too long and is killed.");
  checkUntil_ = BootTime::max();
}

bool Reloader::reaped(const DeathCertificate& death) {
  if (!check_ || check_->pid() != death.pid) return false;
  check_.reset();
  children_.pids.erase(death.pid);
  checked_ = death.signal == 0 && death.exitCode == 0;
  if (checked_) return true;
  children_.log.error("The configuration stays as it was.");
  finished(death.at);
  return true;
}

void Reloader::finished(BootTime now) {
  busy_ = false;
  if (std::exchange(again_, false)) begin(now);
}

void Reloader::closeInChild() {
  if (check_) check_->closeInChild();
}

}  // namespace leptir
