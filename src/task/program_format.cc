#include "task/program_format.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "base/errno_text.h"
#include "base/escape.h"
#include "base/unique_fd.h"
#include "task/program_lookup.h"

namespace leptir::task {
namespace {

// The part of a file in which the kernel looks for the first line of a script.
constexpr std::size_t kMaxFirstLineBytes = 256;
// How many interpreters that are scripts themselves the kernel follows.
constexpr int kMaxInterpreterScripts = 5;
constexpr std::size_t kMaxPathBytes = 4096;
constexpr std::string_view kBlanksOfLine = " \t";
constexpr std::string_view kCarriageReturnHint =
    " (the line ends with a carriage return: store the file with Unix line ends)";

Error notExecutable(std::string_view file, std::string_view why) {
  return Error(ErrorCode::Invalid, fmt::format("{}: {}", file, why));
}

base::UniqueFd openToRead(const std::string& file) {
  return base::UniqueFd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

// The first bytes of a file; none if it cannot be read.
std::optional<std::string> readHead(const base::UniqueFd& file) {
  std::string head(kMaxFirstLineBytes, '\0');
  const auto bytes = file ? ::pread(file.get(), head.data(), head.size(), 0) : -1;
  if (bytes < 0) return std::nullopt;
  head.resize(static_cast<std::size_t>(bytes));
  return head;
}

std::string_view withoutBlanksOfLine(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanksOfLine), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanksOfLine) + 1);
}

// Removes the first word from `text`, and returns it.
std::string_view takeWord(std::string_view& text) {
  const auto end = std::min(text.find_first_of(kBlanksOfLine), text.size());
  const auto word = text.substr(0, end);
  text = withoutBlanksOfLine(text.substr(end));
  return word;
}

// The program that `env` would look for. `argument` is the rest of the script's first line, which the kernel passes as
// one argument. Empty: the argument has options or variables, so the program is unknown.
std::string_view programForEnv(std::string_view argument) {
  if (argument.starts_with("-S")) {
    argument = withoutBlanksOfLine(argument.substr(2));
    argument = takeWord(argument);
  }
  const bool isPlain = !argument.starts_with('-') && argument.find_first_of("='\"\\$") == std::string_view::npos;
  return isPlain ? argument : std::string_view();
}

Result<void> checkEnv(const std::string& script, std::string_view argument, const std::string& directory,
                      std::string_view path) {
  const auto sought = programForEnv(argument);
  if (path.empty() || sought.empty() || sought.find('/') != std::string_view::npos) return {};
  const auto found = findProgram(sought, path, directory);
  if (found) return {};
  const auto hint = sought.ends_with('\r') ? kCarriageReturnHint : std::string_view();
  return notExecutable(script, fmt::format("the interpreter that its first line names is not found by env: {}{}",
                                           base::escaped(found.error().message()), hint));
}

template <class Header, class Segment>
std::string readLoader(const base::UniqueFd& file) {
  Header header{};
  if (::pread(file.get(), &header, sizeof header, 0) != sizeof header) return {};
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Segment segment{};
    const auto at = static_cast<off_t>(header.e_phoff + i * header.e_phentsize);
    if (::pread(file.get(), &segment, sizeof segment, at) != sizeof segment) return {};
    if (segment.p_type != PT_INTERP) continue;
    std::string path(std::min<std::size_t>(segment.p_filesz, kMaxPathBytes), '\0');
    const auto bytes = ::pread(file.get(), path.data(), path.size(), static_cast<off_t>(segment.p_offset));
    path.resize(static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
    return path.substr(0, path.find('\0'));
  }
  return {};
}

// The path of a binary's loader. Empty: it has no loader, or is for another byte order.
std::string loaderOf(const base::UniqueFd& file, std::string_view head) {
  constexpr char kOurOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  if (head.size() < EI_NIDENT || head[EI_DATA] != kOurOrder) return {};
  if (head[EI_CLASS] == ELFCLASS64) return readLoader<Elf64_Ehdr, Elf64_Phdr>(file);
  if (head[EI_CLASS] == ELFCLASS32) return readLoader<Elf32_Ehdr, Elf32_Phdr>(file);
  return {};
}

// Whether this machine has handlers for more formats. The folder always has two entries: `register` and `status`.
bool hasCustomBinaryFormats() {
  int names = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator name("/proc/sys/fs/binfmt_misc", error), end; !error && name != end;
       name.increment(error))
    ++names;
  return names > 2;
}

class FormatCheck {
 public:
  FormatCheck(const std::string& directory, std::string_view path) : directory_(directory), path_(path) {}

  Result<void> check(const std::string& program, int depth = 0) const {
    const auto file = openToRead(resolveProgramPath(directory_, program));
    const auto head = readHead(file);
    if (!head) return {};
    if (head->starts_with("#!")) return checkScript(program, *head, depth);
    if (head->starts_with(ELFMAG)) return checkLoader(program, loaderOf(file, *head));
    if (hasCustomBinaryFormats()) return {};
    return notExecutable(
        program,
        "neither a binary nor a script whose first line names an interpreter, as in #!/bin/sh: exec format "
        "error");
  }

 private:
  Result<void> checkScript(const std::string& script, std::string_view head, int depth) const {
    if (depth == kMaxInterpreterScripts)
      return notExecutable(script, "too many interpreters, each of which is a script");
    auto line = withoutBlanksOfLine(head.substr(2, head.find('\n') - 2));
    const std::string interpreter(takeWord(line));
    if (interpreter.empty()) return notExecutable(script, "its first line names no interpreter behind #!");
    if (const int error = whyNotExecutable(resolveProgramPath(directory_, interpreter)))
      return notExecutable(script, fmt::format("the interpreter that its first line names cannot be executed: {}: {}{}",
                                               base::inQuotes(interpreter), base::errnoText(error),
                                               interpreter.ends_with('\r') ? kCarriageReturnHint : std::string_view()));
    if (interpreter.ends_with("/env")) return checkEnv(script, line, directory_, path_);
    const auto checked = check(interpreter, depth + 1);
    return checked ? checked : checked.error().in(script);
  }

  Result<void> checkLoader(const std::string& binary, const std::string& loader) const {
    const int error =
        loader.empty() || hasCustomBinaryFormats() ? 0 : whyNotExecutable(resolveProgramPath(directory_, loader));
    if (error == 0) return {};
    return notExecutable(binary, fmt::format("the loader that it asks for cannot be executed: {}: {}",
                                             base::inQuotes(loader), base::errnoText(error)));
  }

  const std::string& directory_;
  const std::string_view path_;
};

}  // namespace

Result<void> checkExecutableFormat(const std::string& file, const std::string& directory, std::string_view path) {
  return FormatCheck(directory, path).check(file);
}

}  // namespace leptir::task
