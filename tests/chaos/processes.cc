#include "tests/chaos/processes.h"

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace leptir::chaos {
namespace {

namespace fs = std::filesystem;

fs::path folderOf(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();  // an iterator of the stream would throw when the process ends meanwhile
  return text.str();
}

// The fields of /proc/PID/stat after the name; the state is the first.
std::vector<std::string> fieldsOf(const std::string& stat) {
  const auto close = stat.rfind(')');
  if (close == std::string::npos) return {};
  std::istringstream stream(stat.substr(close + 1));
  return {std::istream_iterator<std::string>(stream), {}};
}

}  // namespace

ProcessSeen readProcess(pid_t pid) {
  const auto stat = read(folderOf(pid) / "stat");
  const auto fields = fieldsOf(stat);
  if (fields.size() < 20) return {};
  const auto open = stat.find('('), close = stat.rfind(')');
  return {pid, std::stoi(fields[1]), fields[0][0], std::stoll(fields[19]), stat.substr(open + 1, close - open - 1)};
}

std::vector<ProcessSeen> allProcesses() {
  std::vector<ProcessSeen> all;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const auto name = entry.path().filename().string();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) continue;
    if (auto process = readProcess(pid); process.pid != 0) all.push_back(std::move(process));
  }
  return all;
}

std::vector<ProcessSeen> childrenOf(pid_t parent) {
  std::vector<ProcessSeen> children;
  std::ifstream stream(folderOf(parent) / "task" / std::to_string(parent) / "children");
  for (pid_t pid = 0; stream >> pid;) {
    if (auto process = readProcess(pid); process.pid != 0) children.push_back(std::move(process));
  }
  return children;
}

std::vector<pid_t> treeBelow(pid_t root) {
  std::vector<pid_t> below;
  for (const auto& child : childrenOf(root)) {
    below.push_back(child.pid);
    const auto theirs = treeBelow(child.pid);
    below.insert(below.end(), theirs.begin(), theirs.end());
  }
  return below;
}

bool isAlive(pid_t pid) {
  const auto process = readProcess(pid);
  return process.pid != 0 && process.state != 'Z' && process.state != 'X';
}

bool hasThread(pid_t pid, const std::string& name) {
  std::error_code error;
  for (const auto& thread : fs::directory_iterator(folderOf(pid) / "task", error)) {
    if (read(thread.path() / "comm") == name + "\n") return true;
  }
  return false;
}

bool hasInEnvironment(pid_t pid, const std::string& entry) {
  const auto environment = '\0' + read(folderOf(pid) / "environ") + '\0';
  return environment.find('\0' + entry + '\0') != std::string::npos;
}

long descriptorsOf(pid_t pid) {
  std::error_code error;
  const fs::directory_iterator all(folderOf(pid) / "fd", error);
  return error ? 0 : std::distance(all, fs::directory_iterator());
}

long privateKilobytesOf(pid_t pid) {
  std::ifstream status(folderOf(pid) / "status");
  for (std::string word; status >> word;) {
    long kilobytes = 0;
    if (word == "RssAnon:" && status >> kilobytes) return kilobytes;
  }
  return 0;
}

double cpuSecondsOf(pid_t pid) {
  const auto fields = fieldsOf(read(folderOf(pid) / "stat"));
  if (fields.size() < 13) return 0;
  return (std::stod(fields[11]) + std::stod(fields[12])) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

int oomScoreOf(pid_t pid) {
  std::ifstream stream(folderOf(pid) / "oom_score_adj");
  int score = -10'000;
  stream >> score;
  return score;
}

}  // namespace leptir::chaos
