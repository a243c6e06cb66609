#include "report/repeat_filter.h"

#include <algorithm>
#include <utility>

namespace leptir::report {
namespace {

constexpr bool isWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The text with each word that holds a digit replaced by "#".
std::string withoutNumbers(std::string_view text) {
  std::string kept;
  while (!text.empty()) {
    const auto end = std::ranges::find_if_not(text, isWordByte);
    const auto word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    const bool hasDigit = std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
    kept.append(hasDigit ? "#" : word);
    text.remove_prefix(word.size());
    if (text.empty()) break;
    kept += text.front();
    text.remove_prefix(1);
  }
  return kept;
}

}  // namespace

std::string identityOf(const ErrorReport& report) {
  constexpr char kSeparator = '\0';
  std::string identity = report.name + kSeparator;
  identity.append(nameOf(report.kind)).append(1, kSeparator).append(nameOf(report.fate)).append(1, kSeparator);
  identity.append(report.cause).append(1, kSeparator);
  if (report.thrown) identity.append(report.thrown->type);
  return identity.append(1, kSeparator).append(withoutNumbers(messageOf(report)));
}

std::optional<ErrorReport> RepeatFilter::pass(ErrorReport report, BootTime now, std::vector<ErrorReport>& overdue) {
  const auto [found, isFirst] = errors_.try_emplace(identityOf(report));
  auto& error = found->second;
  if (!isFirst && now - error.lastSent < kRepeatAfter) {
    if (error.latest) ++error.suppressed;
    error.latest = std::move(report);
    return std::nullopt;
  }
  if (error.latest) ++error.suppressed;
  error.latest = std::move(report);
  error.lastSent = now;
  auto passed = take(error);
  forgetOld(now, overdue);
  return passed;
}

ErrorReport RepeatFilter::take(Remembered& error) {
  auto report = std::move(*error.latest);
  report.suppressed = std::exchange(error.suppressed, 0);
  error.latest.reset();
  return report;
}

void RepeatFilter::forgetOld(BootTime now, std::vector<ErrorReport>& overdue) {
  if (errors_.size() <= kMostRemembered) return;
  std::erase_if(errors_, [now](const auto& error) {
    return !error.second.latest && now - error.second.lastSent >= kRepeatAfter;
  });
  if (errors_.size() <= kMostRemembered) return;
  const auto oldest = std::ranges::min_element(errors_, {}, [](const auto& error) { return error.second.lastSent; });
  if (oldest->second.latest) overdue.push_back(take(oldest->second));
  errors_.erase(oldest);
}

std::vector<ErrorReport> RepeatFilter::takeDue(BootTime now) {
  std::vector<ErrorReport> due;
  for (auto& [identity, error] : errors_) {
    if (!error.latest || now - error.lastSent < kRepeatAfter) continue;
    error.lastSent = now;
    due.push_back(take(error));
  }
  return due;
}

std::vector<ErrorReport> RepeatFilter::takeAll() {
  std::vector<ErrorReport> all;
  for (auto& [identity, error] : errors_) {
    if (error.latest) all.push_back(take(error));
  }
  return all;
}

BootTime RepeatFilter::next() const {
  auto next = BootTime::max();
  for (const auto& [identity, error] : errors_) {
    if (error.latest) next = std::min(next, error.lastSent + kRepeatAfter);
  }
  return next;
}

std::size_t RepeatFilter::heldBack() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(errors_, [](const auto& error) { return error.second.latest.has_value(); }));
}

}  // namespace leptir::report
