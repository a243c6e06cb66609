#include "tests/e2e/installation.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <thread>

#include "tests/support/folders.h"
#include "tests/support/temp_dir.h"

namespace leptir::e2e {
namespace {

using namespace std::chrono_literals;

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

pid_t spawn(const std::vector<std::string>& arguments, const fs::path& input, const fs::path& out,
            const fs::path& err) {
  const pid_t pid = ::fork();
  EXPECT_GE(pid, 0) << "fork: " << std::strerror(errno);
  if (pid != 0) return pid;
  ::dup2(::open(input.c_str(), O_RDONLY), STDIN_FILENO);
  ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDOUT_FILENO);
  ::dup2(out == err ? STDOUT_FILENO : ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDERR_FILENO);
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

int waitFor(pid_t pid) {
  if (pid < 0) return -1;  // fork failed; waitpid(-1) would wait for any child
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Json CommandResult::json() const {
  auto parsed = parseJson(out);
  if (!parsed) {
    ADD_FAILURE() << "no JSON: " << parsed.error().message() << "\nstdout: " << out << "\nstderr: " << err;
    return nullptr;
  }
  return *parsed;
}

std::vector<std::string> CommandResult::lines() const {
  std::vector<std::string> lines;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

StartedInstance::~StartedInstance() {
  if (ended_) return;
  ::kill(pid_, SIGKILL);
  waitFor(pid_);
}

void StartedInstance::signal(int number) const {
  ::kill(pid_, number);
}

int StartedInstance::waitForExit() {
  ended_ = true;
  return waitFor(pid_);
}

std::string StartedInstance::output() const {
  return read(output_);
}

Installation::Installation() : program(buildFolder() / "leptir") {
  std::string name = (fs::temp_directory_path() / "leptir-e2e-XXXXXX").string();
  folder = ::mkdtemp(name.data());
  ::setenv("XDG_STATE_HOME", (folder / "state").c_str(), 1);
  config = writeConfig(defaultYaml());
}

Installation::~Installation() {
  if (keepsTestFolders()) {
    std::cout << "kept the folder of the failed test: " << folder << '\n';
    return;
  }
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

std::string Installation::defaultYaml(const std::string& more) const {
  const auto database = (folder / "leptir.db").string();
  return "leptir:\n"
         "  brokers:\n"
         "    - { name: local, type: sqlite, connection: { path: " +
         database +
         " } }\n"
         "  meta_storage:\n"
         "    - { type: sqlite, connection: { path: " +
         database +
         " } }\n"
         "  loggers:\n"
         "    logfile: { type: file, options: { path: " +
         (folder / "leptir.log").string() +
         " } }\n"
         "    stdoutlog: { type: stdout }\n"
         "  daemon: { configuration: { number_of_workers: 2, kill_grace: 0.2 } }\n" +
         more;
}

fs::path Installation::writeConfig(const std::string& yaml, const std::string& name) {
  const auto file = folder / name;
  std::ofstream(file) << yaml;
  ::chmod(file.c_str(), 0600);
  return file;
}

CommandResult Installation::run(std::vector<std::string> arguments, const std::string& input) {
  static int number = 0;
  const auto base = folder / ("run" + std::to_string(++number));
  const fs::path in = base.string() + ".in", out = base.string() + ".out", err = base.string() + ".err";
  std::ofstream(in) << input;
  arguments.insert(arguments.begin(), program);
  CommandResult answer;
  answer.exit = waitFor(spawn(arguments, in, out, err));
  answer.out = read(out);
  answer.err = read(err);
  return answer;
}

CommandResult Installation::leptir(std::vector<std::string> arguments, const std::string& input) {
  arguments.insert(arguments.begin() + 1, "--config=" + config.string());
  return run(std::move(arguments), input);
}

std::unique_ptr<StartedInstance> Installation::start(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {program, "start", "--config=" + config.string()});
  auto output = folder / "instance.out";
  for (int number = 2; fs::exists(output); ++number) output = folder / ("instance" + std::to_string(number) + ".out");
  return std::make_unique<StartedInstance>(spawn(arguments, "/dev/null", output, output), output);
}

int Installation::drain() {
  return start({"--drain"})->waitForExit();
}

std::string Installation::push(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "push");
  const auto answer = leptir(std::move(arguments));
  EXPECT_EQ(answer.exit, 0) << answer.err;
  const auto lines = answer.lines();
  EXPECT_EQ(lines.size(), 1u) << answer.out;
  return lines.empty() ? "" : lines[0];
}

Json Installation::info(const std::string& id) {
  const auto answer = leptir({"info", id});
  EXPECT_EQ(answer.exit, 0) << answer.err;
  return answer.json();
}

// Does not fail the test if the task is not found: for an instant between record and acknowledgement no store shows it.
bool Installation::hasSucceeded(const std::string& id) {
  const auto answer = leptir({"info", id});
  return answer.exit == 0 && answer.json().value("retC", 0) == 1;
}

Json Installation::status() {
  return leptir({"status", "--json"}).json();
}

std::vector<pid_t> Installation::workerPids() {
  std::vector<pid_t> pids;
  const auto now = status();
  for (const auto& worker : now.at("workers")) pids.push_back(worker.at("pid").get<pid_t>());
  return pids;
}

pid_t Installation::dispatcherPid() {
  const auto now = status();
  std::set<pid_t> workers;
  for (const auto& worker : now.at("workers")) workers.insert(worker.at("pid").get<pid_t>());
  const auto& reports = now.at("errorReports");
  if (!reports.is_null()) workers.insert(reports.at("pid").get<pid_t>());
  const auto master = std::to_string(now.at("instance").at("pid").get<pid_t>());
  std::ifstream children("/proc/" + master + "/task/" + master + "/children");
  for (pid_t child = 0; children >> child;) {
    if (!workers.contains(child)) return child;
  }
  return -1;
}

void Installation::waitUntilRunning() {
  ASSERT_TRUE(eventually([this] {
    const auto now = status();
    if (now.at("instance").is_null() || now["workers"].empty()) return false;
    return std::all_of(now["workers"].begin(), now["workers"].end(),
                       [](const Json& worker) { return worker["pid"] != 0; });
  }));
}

}  // namespace leptir::e2e
