#include "task/program_lookup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/errno_text.h"
#include "base/escape.h"
#include "base/unique_fd.h"
#include "task/program_task.h"

namespace leptir {
namespace {

// As much of the first line as the kernel reads.
constexpr std::size_t kLongestFirstLine = 256;

Error invalid(std::string_view what, std::string_view why) {
  return Error(ErrorCode::Invalid, fmt::format("{}: {}", what, why));
}

std::string from(const std::string& directory, const std::string& file) {
  return file.starts_with('/') || directory.empty() ? file : directory + "/" + file;
}

// 0, or why it cannot be executed.
int canExecute(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return errno;
  if (S_ISDIR(status.st_mode)) return EACCES;
  return ::faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

// What stands behind `#!`; empty for what is no script, or cannot be read.
std::string interpreterOf(const std::string& file) {
  const UniqueFd script(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  char text[kLongestFirstLine];
  const auto bytes = script ? ::read(script.get(), text, sizeof text) : -1;
  std::string_view line(text, bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  if (!line.starts_with("#!")) return {};
  line = line.substr(2, line.find('\n') - 2);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

std::string aboutInterpreter(const std::string& interpreter, int error) {
  auto text = fmt::format("the interpreter that its first line names cannot be executed: {}: {}", inQuotes(interpreter),
                          errnoText(error));
  if (interpreter.ends_with('\r'))
    text += " (the line ends with a carriage return: store the file with Unix line ends)";
  return text;
}

Result<void> checkDirectory(const std::string& directory) {
  struct stat status{};
  if (directory.empty()) return {};
  int error = ::stat(directory.c_str(), &status) == 0 ? 0 : errno;
  if (error == 0 && !S_ISDIR(status.st_mode)) error = ENOTDIR;
  if (error == 0 && ::faccessat(AT_FDCWD, directory.c_str(), X_OK, AT_EACCESS) != 0) error = errno;
  if (error == 0) return {};
  return invalid("working directory", directory + ": " + errnoText(error));
}

Result<void> checkInterpreter(const std::string& program, const std::string& directory) {
  const auto interpreter = interpreterOf(from(directory, program));
  if (interpreter.empty()) return {};
  const int error = canExecute(from(directory, interpreter));
  return error == 0 ? Result<void>() : invalid(program, aboutInterpreter(interpreter, error));
}

std::string pathOf(const ProgramSpec& program) {
  if (const auto found = program.environment.find("PATH"); found != program.environment.end()) return found->second;
  const char* ours = std::getenv("PATH");
  return ours != nullptr ? ours : kUsualPath;
}

bool isMachineShort(int error) {
  return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

}  // namespace

Result<std::string> findProgram(std::string_view program, std::string_view path, const std::string& directory) {
  if (program.find('/') != std::string_view::npos) return std::string(program);
  int error = ENOENT;
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find(':', begin), path.size());
    const std::string folder(end == begin ? "." : path.substr(begin, end - begin));
    begin = end + 1;
    auto file = folder + "/" + std::string(program);
    const int why = canExecute(from(directory, file));
    if (why == 0) return file;
    if (why == EACCES) error = EACCES;
  }
  return invalid(program, fmt::format("{} in the folders of PATH ({})", errnoText(error), path));
}

Error whyNotStarted(const std::string& program, const std::string& directory, int error) {
  if (isMachineShort(error)) return Error(ErrorCode::Unavailable, fmt::format("{}: {}", program, errnoText(error)));
  if (const auto checked = checkDirectory(directory); !checked) return checked.error();
  const bool isScript = error == ENOENT || error == EACCES || error == ENOTDIR || error == ELOOP;
  if (isScript && canExecute(from(directory, program)) == 0) {
    if (const auto checked = checkInterpreter(program, directory); !checked) return checked.error();
  }
  return invalid(program, errnoText(error));
}

Result<void> checkProgram(const ProgramSpec& program) {
  if (auto checked = checkDirectory(program.directory); !checked) return checked;
  if (program.command.empty() || program.command[0].find_first_of("{}") != std::string::npos) return {};
  const auto found = findProgram(program.command[0], pathOf(program), program.directory);
  if (!found) return found.error();
  if (const int error = canExecute(from(program.directory, *found))) return invalid(*found, errnoText(error));
  return checkInterpreter(*found, program.directory);
}

}  // namespace leptir
