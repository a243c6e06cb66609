// Which system calls end early when their thread is stopped by ptrace, although no signal handler runs (signal(7)).
#pragma once

namespace leptir::stack {

// A system call in which a thread waits: its number and its first four arguments.
struct WaitingCall {
  long number = -1;
  unsigned long long arguments[4] = {};
};

// Whether the call of this thread would fail with EINTR after a stop, or would end with a part of its work done: a
// caller that has installed no signal handler expects neither. True also where that cannot be found out.
bool mayBeCutShortByStop(int process, int tid, const WaitingCall& call);

}  // namespace leptir::stack
