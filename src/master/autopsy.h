// Finds out where a dead worker was, from its last words: in a child process of the master's that may take a second.
#pragma once

#include <memory>

#include "master/child_process.h"
#include "master/children.h"

namespace leptir {

class Autopsy {
 public:
  // Opens the autopsy of a cell that is about to become `died` and starts the child, which writes it. The cell's
  // `closeAutopsy` is called when it was reaped, or at once when it could not be started (none).
  static std::optional<Autopsy> begin(Children& children, Slot& slot, std::size_t cell,
                                      std::shared_ptr<const LastWords> words, BootTime now);

  // The child was reaped.
  void end();

  int pid() const { return child_.pid(); }
  BootTime next() const { return killed_ ? BootTime::max() : until_; }
  // Kills the child when it takes too long.
  // True: it is killed now, since it takes too long.
  bool tick(BootTime now);
  void closeInChild() { child_.closeInChild(); }

 private:
  Autopsy(ChildProcess child, Slot& slot, std::size_t cell, BootTime until)
      : child_(std::move(child)), slot_(&slot), cell_(cell), until_(until) {}

  ChildProcess child_;
  Slot* slot_;
  std::size_t cell_;
  BootTime until_;
  bool killed_ = false;
};

}  // namespace leptir
