// For tests: a piece of code in a process of its own.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace leptir {

// Runs `body` in a fork, which ends with what it answers: true is exit status 0.
template <class Body>
pid_t startChild(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  return child;
}

// Whether the child ended by itself and answered true.
inline bool endedWell(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

template <class Body>
bool inChild(Body body) {
  return endedWell(startChild(body));
}

inline void killChild(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace leptir
