#include "instance_process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>

namespace demo {
namespace {

double secondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

InstanceProcess::InstanceProcess(std::string program, std::filesystem::path config, std::filesystem::path pid,
                                 const std::filesystem::path& log)
    : program_(std::move(program)), config_(std::move(config)), pidFile_(std::move(pid)) {
  pid_ = ::fork();
  if (pid_ != 0) return;
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (output < 0) ::_exit(127);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  const auto configFlag = "--config=" + config_.string(), pidFlag = "--pid=" + pidFile_.string();
  ::execl(program_.c_str(), program_.c_str(), "start", configFlag.c_str(), pidFlag.c_str(), "--drain", nullptr);
  ::_exit(127);
}

InstanceProcess::~InstanceProcess() {
  if (exit_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

leptir::Json InstanceProcess::status() const {
  const auto command =
      program_ + " status --json --config=" + config_.string() + " --pid=" + pidFile_.string() + " 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> output(::popen(command.c_str(), "r"), ::pclose);
  std::string text;
  char buffer[4096];
  while (const auto bytes = ::fread(buffer, 1, sizeof buffer, output.get())) text.append(buffer, bytes);
  const auto status = leptir::parseJson(text);
  return status && !status->at("instance").is_null() ? *status : leptir::Json(nullptr);
}

bool InstanceProcess::killDispatcher() const {
  const auto now = status();
  if (now.is_null()) return false;
  std::set<int> workers;
  for (const auto& worker : now.at("workers")) workers.insert(worker.at("pid").get<int>());
  std::ifstream children("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) + "/children");
  for (int child = 0; children >> child;) {
    if (!workers.contains(child)) return ::kill(child, SIGKILL) == 0;
  }
  return false;
}

std::optional<int> InstanceProcess::ended() {
  if (exit_) return exit_;
  int status = 0;
  rusage usage{};
  if (::wait4(pid_, &status, WNOHANG, &usage) != pid_) return std::nullopt;
  cpuSeconds_ = secondsOf(usage.ru_utime) + secondsOf(usage.ru_stime);
  exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_;
}

}  // namespace demo
