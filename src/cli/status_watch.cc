#include "cli/status_watch.h"

#include <unistd.h>

#include <csignal>
#include <iostream>

#include "base/escape.h"
#include "base/exit_code.h"
#include "base/text_width.h"
#include "cli/json_output.h"
#include "cli/read_config.h"
#include "cli/status_report.h"
#include "cli/stop_signals.h"
#include "cli/terminal.h"
#include "cli/time_words.h"

namespace leptir::cli {
namespace {

std::vector<std::string> linesIn(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

// Writes one block over the one before. Each line clears its rest, and the last one clears what is below it: nothing is
// blank in between, so nothing flickers. Lines that do not fit are cut or left out, since wrapped ones would scroll.
std::string redrawnInPlace(const std::string& text, const Terminal& terminal, bool isFirst) {
  auto lines = linesIn(text);
  if (terminal.height > 1 && lines.size() >= terminal.height) {
    const auto left = lines.size() - (terminal.height - 2);
    lines.resize(terminal.height - 2);
    lines.push_back("… " + std::to_string(left) + " lines more");
  }
  std::string block = isFirst ? "\x1b[2J\x1b[H" : "\x1b[H";
  for (const auto& line : lines) block += base::ellipsizeToWidth(line, terminal.width) + "\x1b[K\n";
  return block + "\x1b[J";
}

class Watch {
 public:
  Watch(const StatusCommand& command, const instance::InstanceFiles& files, const Config& config)
      : command_(command), files_(files), brokers_(config) {}

  // Returns whether the status could be written.
  bool writeStatus() {
    const auto found = instance::findInstance(files_);
    auto report = reportStatus(found, &brokers_);
    const auto now = systemClock().now();
    if (command_.json) {
      report.json["at"] = unixSeconds(now);
      std::cout << jsonForOutput(report.json) << '\n';
    } else {
      print(absoluteTime(now) + " UTC: " + instanceLine(found) +
            (found ? "" : base::escaped(found.error().message()) + "\n") + report.tables);
    }
    isFirst_ = false;
    return static_cast<bool>(std::cout.flush());
  }

 private:
  void print(const std::string& text) const {
    const auto terminal = terminalOf(STDOUT_FILENO);
    if (terminal.movesCursor)
      std::cout << redrawnInPlace(text, terminal, isFirst_);
    else
      std::cout << (isFirst_ ? "" : "\n") << text;
  }

  const StatusCommand& command_;
  const instance::InstanceFiles& files_;
  BrokersOfStatus brokers_;
  bool isFirst_ = true;
};

}  // namespace

int watchStatus(const StatusCommand& command, const instance::InstanceFiles& files, const Program& program) {
  const auto config = readConfig(command.config, program);
  if (!config) return base::kExitConfigError;
  Wake wake;
  const StopSignals signals(wake);
  Watch watch(command, files, *config);
  while (signals.caught() == 0 && watch.writeStatus()) wake.waitFor(*command.watch);
  if (signals.caught() == SIGTERM) signals.endProcess();
  return signals.caught() == 0 ? base::kExitPartlyDone : base::kExitDone;
}

}  // namespace leptir::cli
