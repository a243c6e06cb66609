#include "service/companion_files.h"

#include <fmt/format.h>

namespace leptir::service {
namespace {

// logrotate takes a name in double quotes as it is, except for patterns, whose characters a backslash escapes.
std::string quotedPath(const std::filesystem::path& path) {
  std::string quoted = "\"";
  for (const char c : path.string()) {
    if (c == '"' || c == '\\' || c == '*' || c == '?' || c == '[') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string logFilePatterns(const Service& service) {
  if (service.logFiles.empty()) return "\"" + service.logFolder().string() + "\"/*.log";
  std::string files;
  for (const auto& file : service.logFiles) files += (files.empty() ? "" : "\n") + quotedPath(file);
  return files;
}

}  // namespace

std::string sysusersFile(const Service& service) {
  return fmt::format(
      "# Made by `leptir install`: the user that runs the tasks of {0}.\n"
      "u {1} - \"background tasks of leptir ({0})\" {2}\n",
      service.name, service.user, service.stateFolder().string());
}

std::string logrotateFile(const Service& service) {
  const auto user = service.runsAsRoot() ? std::string()
                                         : fmt::format("  # The folder belongs to this user.\n  su {} {}\n",
                                                       service.user, service.group);
  return fmt::format(
      "# Made by `leptir install`. leptir follows a renamed log file within a second, so nothing is to be restarted.\n"
      "{} {{\n"
      "{}"
      "  weekly\n"
      "  rotate 8\n"
      "  missingok\n"
      "  notifempty\n"
      "  # leptir makes the new file, for its own user alone.\n"
      "  nocreate\n"
      "  compress\n"
      "  # Lines may still be written to the renamed file for a moment.\n"
      "  delaycompress\n"
      "}}\n",
      logFilePatterns(service), user);
}

}  // namespace leptir::service
