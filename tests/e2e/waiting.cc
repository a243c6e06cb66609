#include "tests/e2e/waiting.h"
#include "tests/support/folders.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

namespace leptir::e2e {

WaitingInstallation::WaitingInstallation() {
  program = buildFolder() / "waiting_program";
}

std::unique_ptr<StartedInstance> WaitingInstallation::startScript(const std::string& script) {
  return startProgram({"/bin/sh", "-c", script});
}

std::unique_ptr<StartedInstance> WaitingInstallation::startCommand(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin() + 1, "--config=" + config.string());
  arguments.insert(arguments.begin(), program);
  return startProgram(std::move(arguments));
}

std::unique_ptr<StartedInstance> WaitingInstallation::startProgram(std::vector<std::string> words) {
  const auto output = folder / ("background" + std::to_string(++started_) + ".out");
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, argv[0], &files, nullptr, argv.data(), environ), 0) << words[0];
  ::posix_spawn_file_actions_destroy(&files);
  return std::make_unique<StartedInstance>(pid, output);
}

}  // namespace leptir::e2e
