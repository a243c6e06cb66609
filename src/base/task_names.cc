#include "base/task_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/escape.h"
#include "base/utf8.h"

namespace leptir::base {
namespace {

Result<void> check(std::string_view what, std::string_view text) {
  if (text.empty()) return Error(ErrorCode::Invalid, fmt::format("the task's {} is empty", what));
  if (text.size() > kMaxTaskNameBytes) {
    return Error(ErrorCode::Invalid,
                 fmt::format("the task's {} has {} bytes, more than {}", what, text.size(), kMaxTaskNameBytes));
  }
  if (std::ranges::all_of(text, isPrintableAscii)) return {};
  if (!isUtf8(text)) return Error(ErrorCode::Invalid, fmt::format("the task's {} is not UTF-8", what));
  if (escaped(text) == text) return {};
  return Error(ErrorCode::Invalid, fmt::format("the task's {} holds a control character: {}", what, inQuotes(text)));
}

}  // namespace

Result<void> checkTaskId(std::string_view id) {
  return check("id", id);
}

Result<void> checkTaskName(std::string_view name) {
  return check("name", name);
}

}  // namespace leptir::base
