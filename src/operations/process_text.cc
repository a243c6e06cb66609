#include "operations/process_text.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <random>
#include <utility>

#include "base/host_name.h"
#include "base/pid_namespace.h"
#include "base/proc_text.h"

namespace leptir::operations {
namespace {

// The time at which the process was started, which no later process of its number has; empty: it is gone, or cannot be
// told.
std::string startTimeOf(pid_t process) {
  constexpr int kStatFieldsBeforeStartTime = 19;  // of `stat`, behind the name of the program
  const auto stat = base::readProcText(process, "stat");
  if (!stat) return {};
  auto at = stat->rfind(')');
  for (int i = 0; i <= kStatFieldsBeforeStartTime && at != std::string::npos; ++i) at = stat->find(' ', at + 1);
  return at == std::string::npos ? std::string() : stat->substr(at + 1, stat->find(' ', at + 1) - at - 1);
}

// None: the text is not of a process of this machine and of this namespace of processes.
std::optional<Json> processOfThisMachine(const std::string& text) {
  auto process = parseJson(text);
  if (!process || !process->is_object()) return std::nullopt;
  const auto space = textMember(*process, "space");  // missing in texts of earlier versions
  if (space.empty() || space != base::pidNamespace()) return std::nullopt;
  if (pidMember(*process) <= 0) return std::nullopt;
  return std::move(*process);
}

}  // namespace

std::string textOfThisProcess(const std::string& by) {
  return writeJson({{"by", by},
                    {"host", base::hostName()},
                    {"space", base::pidNamespace()},
                    {"pid", ::getpid()},
                    {"start", startTimeOf(::getpid())},
                    {"id", std::random_device()()}});
}

std::string textMember(const Json& process, const char* key) {
  const auto text = process.value(key, Json());
  return text.is_string() ? text.get<std::string>() : std::string();
}

pid_t pidMember(const Json& process) {
  const auto pid = process.value("pid", Json());
  return pid.is_number_integer() ? pid.get<pid_t>() : 0;
}

bool isOfDeadProcess(const std::string& text) {
  const auto process = processOfThisMachine(text);
  if (!process) return false;
  const auto pid = pidMember(*process);
  if (::kill(pid, 0) != 0 && errno == ESRCH) return true;
  const auto start = startTimeOf(pid), startAsWritten = textMember(*process, "start");
  return !start.empty() && !startAsWritten.empty() && start != startAsWritten;
}

bool isOfThisProcess(const std::string& text) {
  const auto process = processOfThisMachine(text);
  return process && pidMember(*process) == ::getpid() && !isOfDeadProcess(text);
}

}  // namespace leptir::operations
