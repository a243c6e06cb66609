#include "base/stack_frame.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace leptir::base {
namespace {

constexpr std::string_view kAnonymous = "(anonymous namespace)";
constexpr std::array<std::string_view, 6> kLibraries = {
    "std::", "__gnu_cxx::", "nlohmann::", "fmt::", "simdjson::", "__"};

// The last one holds the sources of a distribution's debug packages.
constexpr std::array<std::string_view, 6> kLibraryFolders = {"/usr/include/",   "/usr/lib/",   "/usr/local/include/",
                                                             "/usr/local/lib/", "../sysdeps/", "/usr/src/debug/"};

// The folder of leptir's sources as they were compiled; empty if it was given relative to the build folder.
std::string_view ourSources() {
  constexpr std::string_view kThis = __FILE__, kBelow = "src/base/stack_frame.cc";
  return kThis.starts_with('/') ? kThis.substr(0, kThis.size() - kBelow.size()) : std::string_view();
}

// The functions of test_tasks.cc count as user code: they are tasks like any user's.
bool isOurFile(std::string_view file) {
  if (file.ends_with("src/task/test_tasks.cc")) return false;
  if (file.find("/include/leptir/") != std::string_view::npos) return true;
  const auto root = ourSources();
  if (root.empty()) return file.find("src/task/") != std::string_view::npos || file.find("src/worker/") != file.npos;
  return file.starts_with(root) && file.substr(root.size()).starts_with("src/");
}

// The name of a function without return type and parameters: "app::resize" of "int app::resize<int>(app::Image&)".
std::string_view qualifiedFunctionName(std::string_view function) {
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < function.size(); ++i) {
    const char c = function[i];
    if (c == '(' && depth == 0) {
      if (!function.substr(i).starts_with(kAnonymous)) break;
      i += kAnonymous.size() - 1;
    } else if (c == '<' || c == '{' || c == '(' || c == '[') {
      ++depth;
    } else if (c == '>' || c == '}' || c == ')' || c == ']') {
      --depth;
    } else if (c == ' ' && depth == 0) {
      begin = i + 1;
    }
  }
  return function.substr(begin);
}

bool isOurs(const StackFrame& frame) {
  return frame.file.empty() ? qualifiedFunctionName(frame.function).starts_with("leptir::") : isOurFile(frame.file);
}

// Headers of libraries lie in folders of their own, and so do the C library's sources, also where it is part of the
// program. The user's sources may lie in /usr/src or /usr/local/src.
bool isFileOfALibrary(std::string_view file) {
  return std::ranges::any_of(kLibraryFolders, [&](auto folder) { return file.starts_with(folder); });
}

// Distributions name the sources of their shared libraries relative to the build folder. The user's own libraries count
// as user code.
bool isOfALibrary(const StackFrame& frame) {
  const bool isShared = !frame.module.empty();
  if (!frame.file.empty()) return isFileOfALibrary(frame.file) || (isShared && frame.file.starts_with('.'));
  if (frame.module.empty() || frame.module.find(".so") != std::string_view::npos) return true;
  const auto name = qualifiedFunctionName(frame.function);
  return name.starts_with("0x") || std::ranges::any_of(kLibraries, [&](auto word) { return name.starts_with(word); });
}

int numberOf(std::string_view digits) {
  int number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

StackFrame parseStackFrame(std::string_view text) {
  StackFrame frame{text, {}, 0, {}};
  if (const auto in = text.rfind(" in "); in != std::string_view::npos) {
    frame.module = text.substr(in + 4);
    frame.function = text.substr(0, in);
  }
  if (const auto at = frame.function.rfind(" at "); at != std::string_view::npos) {
    const auto place = frame.function.substr(at + 4);
    const auto colon = place.rfind(':');
    frame.file = place.substr(0, colon);
    if (colon != std::string_view::npos) frame.line = numberOf(place.substr(colon + 1));
    frame.function = frame.function.substr(0, at);
  }
  return frame;
}

bool isUserCode(const StackFrame& frame) {
  return !isOurs(frame) && !isOfALibrary(frame);
}

}  // namespace leptir::base
