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

namespace leptir {
namespace {

// As much of the first line as the kernel reads.
constexpr std::size_t kLongestFirstLine = 256;
// Scripts whose interpreters are scripts: the kernel follows no more.
constexpr int kMostInterpreters = 5;
constexpr std::size_t kLongestPath = 4096;
constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kCarriageReturn =
    " (the line ends with a carriage return: store the file with Unix line ends)";

Error invalid(std::string_view file, std::string_view why) {
  return Error(ErrorCode::Invalid, fmt::format("{}: {}", file, why));
}

UniqueFd openToRead(const std::string& file) {
  return UniqueFd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

// None: it cannot be read.
std::optional<std::string> headOf(const UniqueFd& file) {
  std::string head(kLongestFirstLine, '\0');
  const auto bytes = file ? ::pread(file.get(), head.data(), head.size(), 0) : -1;
  if (bytes < 0) return std::nullopt;
  head.resize(static_cast<std::size_t>(bytes));
  return head;
}

std::string_view withoutBlanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// Takes the first word off `text`.
std::string_view takeWord(std::string_view& text) {
  const auto end = std::min(text.find_first_of(kBlanks), text.size());
  const auto word = text.substr(0, end);
  text = withoutBlanks(text.substr(end));
  return word;
}

// The program that `env` is to look for, of the one argument that the kernel makes of the rest of the line. Empty: the
// argument says more than its name.
std::string_view soughtByEnv(std::string_view argument) {
  if (argument.starts_with("-S")) {
    argument = withoutBlanks(argument.substr(2));
    argument = takeWord(argument);
  }
  const bool isPlain = !argument.starts_with('-') && argument.find_first_of("='\"\\$") == std::string_view::npos;
  return isPlain ? argument : std::string_view();
}

Result<void> checkEnv(const std::string& script, std::string_view argument, const std::string& directory,
                      std::string_view path) {
  const auto sought = soughtByEnv(argument);
  if (path.empty() || sought.empty() || sought.find('/') != std::string_view::npos) return {};
  const auto found = findProgram(sought, path, directory);
  if (found) return {};
  const auto hint = sought.ends_with('\r') ? kCarriageReturn : std::string_view();
  return invalid(script, fmt::format("the interpreter that its first line names is not found by env: {}{}",
                                     escaped(found.error().message()), hint));
}

template <class Header, class Segment>
std::string loaderIn(const UniqueFd& file) {
  Header header{};
  if (::pread(file.get(), &header, sizeof header, 0) != sizeof header) return {};
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Segment segment{};
    const auto at = static_cast<off_t>(header.e_phoff + i * header.e_phentsize);
    if (::pread(file.get(), &segment, sizeof segment, at) != sizeof segment) return {};
    if (segment.p_type != PT_INTERP) continue;
    std::string path(std::min<std::size_t>(segment.p_filesz, kLongestPath), '\0');
    const auto bytes = ::pread(file.get(), path.data(), path.size(), static_cast<off_t>(segment.p_offset));
    path.resize(static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
    return path.substr(0, path.find('\0'));
  }
  return {};
}

// Of a binary; empty: it has none, or its bytes are not in our order.
std::string loaderOf(const UniqueFd& file, std::string_view head) {
  constexpr char kOurOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  if (head.size() < EI_NIDENT || head[EI_DATA] != kOurOrder) return {};
  if (head[EI_CLASS] == ELFCLASS64) return loaderIn<Elf64_Ehdr, Elf64_Phdr>(file);
  if (head[EI_CLASS] == ELFCLASS32) return loaderIn<Elf32_Ehdr, Elf32_Phdr>(file);
  return {};
}

// Two names always stand there.
bool hasHandlersOfItsOwn() {
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
    const auto file = openToRead(fileFrom(directory_, program));
    const auto head = headOf(file);
    if (!head) return {};
    if (head->starts_with("#!")) return checkScript(program, *head, depth);
    if (head->starts_with(ELFMAG)) return checkLoader(program, loaderOf(file, *head));
    if (hasHandlersOfItsOwn()) return {};
    return invalid(program,
                   "neither a binary nor a script whose first line names an interpreter, as in #!/bin/sh: exec format "
                   "error");
  }

 private:
  Result<void> checkScript(const std::string& script, std::string_view head, int depth) const {
    if (depth == kMostInterpreters) return invalid(script, "too many interpreters, each of which is a script");
    auto line = withoutBlanks(head.substr(2, head.find('\n') - 2));
    const std::string interpreter(takeWord(line));
    if (interpreter.empty()) return invalid(script, "its first line names no interpreter behind #!");
    if (const int error = whyNotExecutable(fileFrom(directory_, interpreter)))
      return invalid(script, fmt::format("the interpreter that its first line names cannot be executed: {}: {}{}",
                                         inQuotes(interpreter), errnoText(error),
                                         interpreter.ends_with('\r') ? kCarriageReturn : std::string_view()));
    if (interpreter.ends_with("/env")) return checkEnv(script, line, directory_, path_);
    const auto checked = check(interpreter, depth + 1);
    return checked ? checked : checked.error().in(script);
  }

  Result<void> checkLoader(const std::string& binary, const std::string& loader) const {
    const int error = loader.empty() || hasHandlersOfItsOwn() ? 0 : whyNotExecutable(fileFrom(directory_, loader));
    if (error == 0) return {};
    return invalid(binary, fmt::format("the loader that it asks for cannot be executed: {}: {}", inQuotes(loader),
                                       errnoText(error)));
  }

  const std::string& directory_;
  const std::string_view path_;
};

}  // namespace

Result<void> checkFormat(const std::string& file, const std::string& directory, std::string_view path) {
  return FormatCheck(directory, path).check(file);
}

}  // namespace leptir
