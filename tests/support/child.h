// For tests: runs a function in a child process.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace leptir {

// Forks a child that runs `body` and exits with status 0 if it returned true, else with 1.
template <class Body>
pid_t startChild(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  return child;
}

// Waits for the child; true if it exited with status 0.
inline bool exitedSuccessfully(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

template <class Body>
bool inChild(Body body) {
  return exitedSuccessfully(startChild(body));
}

inline void killChild(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace leptir
