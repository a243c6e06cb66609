#include "task/program_lookup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/errno_text.h"
#include "task/program_format.h"

namespace leptir::task {
namespace {

constexpr const char* kLoginPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

Error invalidError(std::string_view what, std::string_view why) {
  return Error(ErrorCode::Invalid, fmt::format("{}: {}", what, why));
}

Result<void> checkDirectory(const std::string& directory) {
  struct stat status{};
  if (directory.empty()) return {};
  int error = ::stat(directory.c_str(), &status) == 0 ? 0 : errno;
  if (error == 0 && !S_ISDIR(status.st_mode)) error = ENOTDIR;
  if (error == 0 && ::faccessat(AT_FDCWD, directory.c_str(), X_OK, AT_EACCESS) != 0) error = errno;
  if (error == 0) return {};
  return invalidError("working directory", directory + ": " + base::errnoText(error));
}

bool isResourceShortage(int error) {
  return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

// Whether exec returns this error also when the program is executable, but its interpreter or loader is not.
bool mayConcernInterpreter(int error) {
  return error == ENOENT || error == EACCES || error == ENOTDIR || error == ELOOP || error == ENOEXEC;
}

}  // namespace

std::string searchPathOf(const ProgramSpec& program) {
  if (const auto found = program.environment.find("PATH"); found != program.environment.end()) return found->second;
  const char* ours = std::getenv("PATH");
  return ours != nullptr ? ours : kLoginPath;
}

std::string resolveProgramPath(const std::string& directory, const std::string& file) {
  return file.starts_with('/') || directory.empty() ? file : directory + "/" + file;
}

int whyNotExecutable(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return errno;
  if (S_ISDIR(status.st_mode)) return EACCES;
  return ::faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

Result<std::string> findProgram(std::string_view program, std::string_view path, const std::string& directory) {
  if (program.find('/') != std::string_view::npos) return std::string(program);
  int error = ENOENT;
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find(':', begin), path.size());
    const std::string folder(end == begin ? "." : path.substr(begin, end - begin));
    begin = end + 1;
    auto file = folder + "/" + std::string(program);
    const int why = whyNotExecutable(resolveProgramPath(directory, file));
    if (why == 0) return file;
    if (why == EACCES) error = EACCES;
  }
  return invalidError(program, fmt::format("{} in the folders of PATH ({})", base::errnoText(error), path));
}

Error whyNotStarted(const std::string& program, const std::string& directory, int error) {
  if (isResourceShortage(error))
    return Error(ErrorCode::Unavailable, fmt::format("{}: {}", program, base::errnoText(error)));
  if (const auto checked = checkDirectory(directory); !checked) return checked.error();
  if (mayConcernInterpreter(error) && whyNotExecutable(resolveProgramPath(directory, program)) == 0) {
    if (const auto checked = checkExecutableFormat(program, directory, {}); !checked) return checked.error();
  }
  return invalidError(program, base::errnoText(error));
}

Result<void> checkProgram(const ProgramSpec& program) {
  if (auto checked = checkDirectory(program.directory); !checked) return checked;
  if (program.command.empty() || program.command[0].find_first_of("{}") != std::string::npos) return {};
  const auto path = searchPathOf(program);
  const auto found = findProgram(program.command[0], path, program.directory);
  if (!found) return found.error();
  if (const int error = whyNotExecutable(resolveProgramPath(program.directory, *found)))
    return invalidError(*found, base::errnoText(error));
  return checkExecutableFormat(*found, program.directory, path);
}

}  // namespace leptir::task
