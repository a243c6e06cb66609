#include "master/reloader.h"

#include <csignal>
#include <string>
#include <utility>

namespace leptir::master {
namespace {

// The check opens stores; a store that does not answer takes some seconds to time out.
constexpr Duration kMaxCheckTime = std::chrono::seconds(60);

}  // namespace

void Reloader::request(BootTime now) {
  context_.board.addReloadRequest();
  if (shutdown_.hasBegun(now)) {
    context_.board.setReloadEnd(context_.board.reloads().requested, link::ReloadEnd::Refused);
    return context_.log.warning(
        "The configuration is not read again, since leptir is already stopping; the next start reads it.");
  }
  workersAfterwards_.reset();
  if (reloading_) {
    requestedAgain_ = true;
  } else {
    begin(now);
  }
}

void Reloader::begin(BootTime now) {
  request_ = context_.board.reloads().requested;
  if (!hooks_.read || !hooks_.read()) return finishAsRefused(now);
  check_ = context_.start("The check of the new configuration", hooks_.check);
  checkUntil_ = now + kMaxCheckTime;
  reloading_ = check_.has_value();
  if (!reloading_) finishAsRefused(now);
}

void Reloader::setWorkers(int workers, BootTime now) {
  if (shutdown_.hasBegun(now))
    return context_.log.warning("The number of workers is not changed, since leptir is already stopping.");
  if (reloading_) {
    workersAfterwards_ = workers;
    return;
  }
  if (hooks_.resize) prepared_ = hooks_.resize(workers);
  if (!prepared_) return;
  reloading_ = resizing_ = true;
  dispatcher_.requestHandOver(now);
}

void Reloader::tick(BootTime now) {
  if (check_) killLateCheck(now);
  if (std::exchange(isChecked_, false)) prepare(now);
  if (prepared_ && dispatcher_.hasHandedOver()) commit(now);
}

void Reloader::killLateCheck(BootTime now) {
  if (now < checkUntil_) return;
  check_->signal(SIGKILL);
  context_.log.error(
      "The check of the new configuration (pid " + std::to_string(check_->pid()) +
      ") did not end within 60 s and is killed: see whether its stores answer (`leptir check`), then reload again.");
  checkUntil_ = BootTime::max();
}

bool Reloader::handleExit(const ExitReport& report) {
  if (!check_ || check_->pid() != report.pid) return false;
  check_.reset();
  context_.processes.removeChild(report.pid);
  isChecked_ = report.exitedWithStatusZero();
  if (isChecked_) return true;
  context_.log.error("The configuration stays as it was.");
  finishAsRefused(report.at);
  return true;
}

void Reloader::prepare(BootTime now) {
  if (!shutdown_.hasBegun(now)) prepared_ = hooks_.prepare();
  if (!prepared_) return finishAsRefused(now);
  dispatcher_.requestHandOver(now);
}

// From here on each process that starts has the new configuration.
void Reloader::commit(BootTime now) {
  context_.options = *std::exchange(prepared_, std::nullopt);
  if (resizing_) {
    workers_.resize(now);
  } else {
    shutdown_.setGrace(context_.options.shutdownGrace);
    hooks_.commit();
    workers_.replace(now);
    metrics_.replace(now);
    context_.board.setReloadEnd(request_, link::ReloadEnd::Applied);
  }
  dispatcher_.startSuccessor(now);
  finish(now);
}

void Reloader::finishAsRefused(BootTime now) {
  context_.board.setReloadEnd(request_, link::ReloadEnd::Refused);
  finish(now);
}

void Reloader::finish(BootTime now) {
  reloading_ = resizing_ = false;
  if (std::exchange(requestedAgain_, false)) begin(now);
  if (const auto workers = std::exchange(workersAfterwards_, std::nullopt)) setWorkers(*workers, now);
}

void Reloader::closeInChild() {
  if (check_) check_->closeInChild();
}

}  // namespace leptir::master
