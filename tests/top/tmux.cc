#include "tests/top/tmux.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "tests/support/wait_until.h"

namespace leptir {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'')
      result += "'\\''";
    else
      result += c;
  }
  return result + "'";
}

std::string outputOf(const std::string& command) {
  std::string output;
  auto* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char buffer[4096];
  for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, count);
  ::pclose(pipe);
  return output;
}

}  // namespace

bool Tmux::isThere() {
  return std::system("tmux -V > /dev/null 2>&1") == 0;
}

Tmux::Tmux(int columns, int rows, const std::vector<std::string>& environment) {
  std::ofstream(folder_ / "tmux.conf") << "set -g status off\n"
                                          "set -g default-terminal screen-256color\n"
                                          "set -g escape-time 0\n"
                                          "set -g remain-on-exit on\n";
  std::ofstream shell(folder_ / "shell");
  shell << "unset ENV NO_COLOR\nexport LC_ALL=C.UTF-8 PS1='$ '\n";
  for (const auto& line : environment) shell << line << "\n";
  shell << "exec bash --norc --noprofile -i\n";
  shell.close();
  run({"new-session", "-d", "-s", "test", "-x", std::to_string(columns), "-y", std::to_string(rows),
       "sh " + quoted((folder_ / "shell").string())});
  waitFor("$");
}

Tmux::~Tmux() {
  close();
}

void Tmux::type(const std::string& text) {
  run({"send-keys", "-t", "test", "-l", "--", text});
}

void Tmux::command(const std::string& text) {
  type(text);
  press("Enter");
}

void Tmux::press(const std::string& key) {
  run({"send-keys", "-t", "test", key});
}

void Tmux::resize(int columns, int rows) {
  run({"resize-window", "-t", "test", "-x", std::to_string(columns), "-y", std::to_string(rows)});
}

std::string Tmux::screen() const {
  return run({"capture-pane", "-p", "-t", "test"});
}

std::vector<std::string> Tmux::lines() const {
  std::vector<std::string> lines;
  std::istringstream stream(screen());
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool Tmux::isOnAlternateScreen() const {
  return run({"display-message", "-p", "-t", "test", "#{alternate_on}"}).starts_with("1");
}

bool Tmux::waitFor(const std::string& text) const {
  return waitUntil([&] { return screen().find(text) != std::string::npos; }, std::chrono::seconds(60));
}

bool Tmux::waitUntilGone(const std::string& text) const {
  return waitUntil([&] { return screen().find(text) == std::string::npos; }, std::chrono::seconds(60));
}

void Tmux::close() {
  run({"kill-server"});
}

std::string Tmux::run(const std::vector<std::string>& arguments) const {
  auto command =
      "env -u TMUX LC_ALL=C.UTF-8 tmux -u -S " + quoted(folder_ / "tmux.sock") + " -f " + quoted(folder_ / "tmux.conf");
  for (const auto& argument : arguments) command += " " + quoted(argument);
  return outputOf(command + " 2>/dev/null");
}

}  // namespace leptir
