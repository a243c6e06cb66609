// Keeps the instance supplied with one dispatcher: never two, since the next is started only after the last was reaped.
#pragma once

#include <optional>
#include <string>

#include "master/child_process.h"
#include "master/children.h"
#include "master/death_certificate.h"
#include "master/restart_pause.h"

namespace leptir {

class DispatcherKeeper {
 public:
  explicit DispatcherKeeper(Children& children);

  // Each round of the master. Does nothing once it has ended.
  void tick(BootTime now);
  // A child was reaped; false: it was not the dispatcher.
  bool reaped(const DeathCertificate& death, Stopping stopping);
  // How it ended for good; none while there is one or will be.
  std::optional<MasterEnd> ended() const { return ended_; }
  BootTime next() const;
  // Whether it has shown lately that it and its stores' threads go round. That one was started shows nothing yet.
  bool works(BootTime now) const { return now - progressAt_ < children_.options.dispatcherBeat; }

  // Asks it to leave everything as it stands, for a successor that starts at `goOn`. One that does not go is killed: to
  // what stands in slots and stores that makes no difference.
  void handOver(BootTime now);
  bool hasHandedOver() const { return handOverUntil_ && !child_ && !ended_; }
  void goOn(BootTime now);
  // Whether several in a row could not be started, or died before they showed any progress.
  bool seemsImpossible() const { return diedAtOnce_ >= kHopeless; }
  // Ends without it: what it left in slots and stores comes back when the sessions expire.
  void giveUp();

  void closeInChild();

 private:
  static constexpr int kHopeless = 3;
  void startOne(BootTime now);
  void watchBeat(BootTime now);
  void kill(const std::string& why);
  void noteDeath(BootTime now);
  std::optional<MasterEnd> meaningOf(const DeathCertificate& death, Stopping stopping) const;

  Children& children_;
  RestartPause pause_;
  std::optional<ChildProcess> child_;
  std::optional<MasterEnd> ended_;
  BootTime started_{};
  BootTime startAt_{};
  std::optional<BootTime> lastDeath_;  // that nobody asked for
  BootTime lastTick_{};
  std::int64_t beat_ = 0;  // the last one seen,
  BootTime beatSince_{};   // and since when
  BootTime progressAt_{};  // the last beat of any dispatcher; the first one's start, until it has one
  int diedAtOnce_ = 0;
  bool killed_ = false;
  std::optional<BootTime> handOverUntil_;  // set: asked to, and the next one waits for goOn
};

}  // namespace leptir
