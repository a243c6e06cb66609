#include "settlement/user_frame.h"

#include <algorithm>
#include <array>

namespace leptir::settlement {
namespace {

constexpr std::string_view kAnonymous = "(anonymous namespace)", kLambda = "{lambda(";
constexpr std::array<std::string_view, 6> kLibraries = {
    "std::", "__gnu_cxx::", "nlohmann::", "fmt::", "simdjson::", "__"};

// The last one holds the sources of a distribution's debug packages.
constexpr std::array<std::string_view, 6> kLibraryFolders = {"/usr/include/",   "/usr/lib/",   "/usr/local/include/",
                                                             "/usr/local/lib/", "../sysdeps/", "/usr/src/debug/"};

struct Frame {
  std::string_view function;
  std::string_view file;    // empty if its line is not known
  std::string_view module;  // the library; if no line is known, the program or the library
};

// "f() at file:line", "f() at file:line in library", "f() in module", "0x7f…".
Frame frameOf(std::string_view text) {
  Frame frame{text, {}, {}};
  if (const auto in = text.rfind(" in "); in != std::string_view::npos) {
    frame.module = text.substr(in + 4);
    frame.function = text.substr(0, in);
  }
  if (const auto at = frame.function.rfind(" at "); at != std::string_view::npos) {
    const auto place = frame.function.substr(at + 4);
    frame.file = place.substr(0, place.rfind(':'));
    frame.function = frame.function.substr(0, at);
  }
  return frame;
}

// The folder of leptir's sources as they were compiled; empty if it was given relative to the build folder.
std::string_view ourSources() {
  constexpr std::string_view kThis = __FILE__, kBelow = "src/settlement/user_frame.cc";
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
std::string_view nameIn(std::string_view function) {
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

bool isOurs(const Frame& frame) {
  return frame.file.empty() ? nameIn(frame.function).starts_with("leptir::") : isOurFile(frame.file);
}

// Headers of libraries lie in folders of their own, and so do the C library's sources, also where it is part of the
// program. The user's sources may lie in /usr/src or /usr/local/src.
bool isFileOfALibrary(std::string_view file) {
  return std::ranges::any_of(kLibraryFolders, [&](auto folder) { return file.starts_with(folder); });
}

// Distributions name the sources of their shared libraries relative to the build folder. The user's own libraries count
// as user code.
bool isOfALibrary(const Frame& frame) {
  const bool isShared = !frame.module.empty();
  if (!frame.file.empty()) return isFileOfALibrary(frame.file) || (isShared && frame.file.starts_with('.'));
  if (frame.module.empty() || frame.module.find(".so") != std::string_view::npos) return true;
  const auto name = nameIn(frame.function);
  return name.starts_with("0x") || std::ranges::any_of(kLibraries, [&](auto word) { return name.starts_with(word); });
}

// Where the template argument starts that contains position `at`.
std::size_t beginOfArgument(std::string_view function, std::size_t at) {
  int depth = 0;
  for (; at > 0; --at) {
    const char before = function[at - 1];
    if (before == ')' || before == '>') ++depth;
    if ((before == '(' || before == '<') && --depth < 0) break;
    if ((before == ',' || before == ' ') && depth == 0) break;
  }
  return at;
}

std::size_t endOfBraces(std::string_view function, std::size_t at) {
  int depth = 0;
  for (; at < function.size(); ++at) {
    if (function[at] == '{') ++depth;
    if (function[at] == '}' && --depth == 0) return at + 1;
  }
  return at;
}

// A lambda among the template arguments, as "main::{lambda(Resize const&, leptir::TaskContext&)#1}"; empty if there is
// none, or only lambdas of leptir or of the standard library.
std::string_view usersLambdaIn(std::string_view function) {
  for (auto at = function.find(kLambda); at != std::string_view::npos; at = function.find(kLambda, at + 1)) {
    const auto begin = beginOfArgument(function, at);
    const auto lambda = function.substr(begin, endOfBraces(function, at) - begin);
    if (!lambda.starts_with("leptir::") && !lambda.starts_with("std::")) return lambda;
  }
  return {};
}

}  // namespace

std::string userFrame(const std::vector<std::string>& stack) {
  for (const auto& text : stack) {
    const auto frame = frameOf(text);
    if (!isOurs(frame) && !isOfALibrary(frame)) return text;
  }
  for (const auto& text : stack) {
    const auto frame = frameOf(text);
    const auto lambda = frame.file.empty() ? usersLambdaIn(frame.function) : std::string_view();
    if (!lambda.empty()) return std::string(lambda).append(" in ").append(frame.module);
  }
  return {};
}

}  // namespace leptir::settlement
