#include "tests/support/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "base/unique_fd.h"

namespace leptir {
namespace {

// In the child: replaces it by the program.
void run(const ServerProgram& program) {
  for (const auto& [name, value] : program.variables) ::setenv(name.c_str(), value.c_str(), 1);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  const int log = ::open(program.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(log, stream);
  ::close_range(3, ~0U, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::vector<char*> words;
  for (const auto& word : program.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
}

}  // namespace

void ServerProcess::start(const ServerProgram& program) {
  const pid_t test = ::getpid();
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, program.signalWhenTestDies);
  if (::getppid() == test) run(program);
  ::_exit(127);
}

void ServerProcess::end(int signal) {
  if (pid_ == 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void ServerProcess::freeze() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGSTOP);
  int status = 0;
  if (::waitpid(pid_, &status, WUNTRACED) == pid_ && !WIFSTOPPED(status)) pid_ = 0;  // it has ended
}

void ServerProcess::thaw() const {
  if (pid_ != 0) ::kill(pid_, SIGCONT);
}

bool ServerProcess::hasEnded() {
  if (pid_ != 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
  return pid_ == 0;
}

pid_t startApart(const ServerProgram& program) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setsid();
  run(program);
  ::_exit(127);
}

int freePort() {
  const base::UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free TCP port on 127.0.0.1");
  }
  return ntohs(address.sin_port);
}

}  // namespace leptir
