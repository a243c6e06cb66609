#include "config/errors.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/escape.h"

namespace leptir::config {
namespace {

constexpr std::size_t kMaxErrorsShown = 50;

}  // namespace

bool ConfigErrors::isFull() const {
  return found_.size() >= kMaxErrorsShown;
}

void ConfigErrors::add(int line, std::string what) {
  if (isFull()) {
    ++notShown_;
  } else {
    found_.push_back({line, std::move(what)});
  }
}

void ConfigErrors::addMissing(int line, std::string what) {
  if (missing_ == MissingValues::AreErrors) add(line, std::move(what));
}

Error ConfigErrors::error() const {
  auto ordered = found_;
  std::ranges::stable_sort(ordered, {}, &ConfigError::line);
  const auto file = base::escaped(file_.string());
  std::string text;
  for (const auto& [line, what] : ordered) {
    if (!text.empty()) text += '\n';
    text += fmt::format("{}:{}: {}", file, line, what);
  }
  if (notShown_ > 0) text += '\n' + file + ": and " + std::to_string(notShown_) + " more";
  return Error(ErrorCode::Invalid, text);
}

}  // namespace leptir::config
