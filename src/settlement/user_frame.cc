#include "settlement/user_frame.h"

#include "base/stack_frame.h"

namespace leptir::settlement {
namespace {

constexpr std::string_view kLambda = "{lambda(";

// Where the template argument starts that contains position `at`.
std::size_t beginOfTemplateArgument(std::string_view function, std::size_t at) {
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
    const auto begin = beginOfTemplateArgument(function, at);
    const auto lambda = function.substr(begin, endOfBraces(function, at) - begin);
    if (!lambda.starts_with("leptir::") && !lambda.starts_with("std::")) return lambda;
  }
  return {};
}

}  // namespace

std::string userFrame(const std::vector<std::string>& stack) {
  for (const auto& text : stack) {
    if (base::isUserCode(base::parseStackFrame(text))) return text;
  }
  for (const auto& text : stack) {
    const auto frame = base::parseStackFrame(text);
    const auto lambda = frame.file.empty() ? usersLambdaIn(frame.function) : std::string_view();
    if (!lambda.empty()) return std::string(lambda).append(" in ").append(frame.module);
  }
  return {};
}

}  // namespace leptir::settlement
