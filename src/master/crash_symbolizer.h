// Turns the addresses in the crash report of a dead worker into function names, in a child process of the master that
// may take a second.
#pragma once

#include <memory>

#include "master/child_process.h"
#include "master/master_context.h"

namespace leptir::master {

class CrashSymbolizer {
 public:
  // Announces a stack in a cell that is about to become Died, and starts the child that writes it. The announcement
  // ends when the child was reaped, or at once when no child could be started (none).
  static std::optional<CrashSymbolizer> begin(MasterContext& context, link::Slot& slot, std::size_t cell,
                                              std::shared_ptr<const link::CrashReport> report, BootTime now);

  // To be called when the child was reaped: the announced stack is there, or does not come.
  void announceEnd();

  int pid() const { return child_.pid(); }
  BootTime next() const { return killed_ ? BootTime::max() : until_; }
  // Kills the child when it takes too long. True: this call killed it.
  bool killIfLate(BootTime now);
  void closeInChild() { child_.closeInChild(); }

 private:
  CrashSymbolizer(ChildProcess child, link::Slot& slot, std::size_t cell, BootTime until)
      : child_(std::move(child)), slot_(&slot), cell_(cell), until_(until) {}

  ChildProcess child_;
  link::Slot* slot_;
  std::size_t cell_;
  BootTime until_;
  bool killed_ = false;
};

}  // namespace leptir::master
