#include "config/mistakes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/escape.h"

namespace leptir {
namespace {

constexpr std::size_t kMostShown = 50;

}  // namespace

bool Mistakes::isFull() const {
  return found_.size() >= kMostShown;
}

void Mistakes::add(int line, std::string what) {
  if (isFull()) {
    ++more_;
  } else {
    found_.push_back({line, std::move(what)});
  }
}

Error Mistakes::error() const {
  auto ordered = found_;
  std::ranges::stable_sort(ordered, {}, &Mistake::line);
  const auto file = escaped(file_.string());
  std::string text;
  for (const auto& [line, what] : ordered) {
    if (!text.empty()) text += '\n';
    text += fmt::format("{}:{}: {}", file, line, what);
  }
  if (more_ > 0) text += '\n' + file + ": and " + std::to_string(more_) + " more";
  return Error(ErrorCode::Invalid, text);
}

}  // namespace leptir
