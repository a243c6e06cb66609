// leptir metrics: reads the pid file and the status board only, as `status --ready` does.
#include "metrics/text.h"

#include <iostream>

#include "cli/commands.h"
#include "cli/instance_files.h"
#include "cli/print.h"
#include "cli/replace_file.h"
#include "instance/find_instance.h"
#include "link/board_metrics.h"

namespace leptir::cli {
namespace {

// None: the instance does not run.
Result<std::optional<metrics::Snapshot>> snapshotOf(const MetricsCommand& command) {
  const auto asked = filesOfRunningInstance(command.config, command.pid);
  if (!asked) return asked.error();
  const auto files = instance::runningInstanceFiles(*asked);
  const auto master = instance::masterOf(files);
  if (!master) return master.error();
  if (!*master) return std::optional<metrics::Snapshot>();
  auto read = link::readMetrics(files.boardFile, systemClock());
  if (!read) return read.error();
  return std::optional(std::move(*read));
}

// Writes to the file, or to standard output. Returns the exit status.
int write(const std::string& text, const std::filesystem::path& file) {
  if (file.empty()) {
    std::cout << text;
    return base::kExitDone;
  }
  const auto written = replaceFile(file, text);
  if (written) return base::kExitDone;
  fail(written.error());
  return base::kExitPartlyDone;  // also where the folder of the file does not exist: it is not a task that is not found
}

}  // namespace

// Where no instance runs, the file says so: what it said before would look as if the instance stood still.
int runCommand(const MetricsCommand& command, const Program& program) {
  const auto format = command.openMetrics ? metrics::TextFormat::OpenMetrics : metrics::TextFormat::Prometheus;
  const auto snapshot = snapshotOf(command);
  if (!snapshot) return fail(snapshot.error());
  if (*snapshot) return write(metrics::textOf(**snapshot, format), command.output);
  if (!command.output.empty()) {
    if (const int status = write(metrics::textOfNoInstance(format), command.output); status != base::kExitDone)
      return status;
  }
  return printNotRunning("measure", command.config, program);
}

}  // namespace leptir::cli
