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
  auto identity = identityOf(report);
  const auto found = byIdentity_.find(identity);
  if (found == byIdentity_.end()) {
    remember(std::move(identity), now);
    forgetOldest(overdue);
    return report;
  }
  const auto error = found->second;
  holdBack(*error, std::move(report));
  if (now - error->lastSent < kRepeatAfter) {
    forgetOldest(overdue);
    return std::nullopt;
  }
  noteSent(error, now);
  return take(*error);
}

void RepeatFilter::remember(std::string identity, BootTime now) {
  bytes_ += identity.size();
  const auto error = errors_.insert(errors_.end(), Remembered{.identity = std::move(identity), .lastSent = now});
  byIdentity_.emplace(error->identity, error);
}

void RepeatFilter::holdBack(Remembered& error, ErrorReport report) {
  if (error.latest) {
    ++error.suppressed;
    bytes_ -= bytesOf(*error.latest);
  }
  bytes_ += bytesOf(report);
  error.latest = std::move(report);
}

ErrorReport RepeatFilter::take(Remembered& error) {
  auto report = std::move(*error.latest);
  bytes_ -= bytesOf(report);
  report.suppressed = std::exchange(error.suppressed, 0);
  error.latest.reset();
  return report;
}

void RepeatFilter::noteSent(Errors::iterator error, BootTime now) {
  error->lastSent = now;
  errors_.splice(errors_.end(), errors_, error);
}

void RepeatFilter::forget(Errors::iterator error) {
  bytes_ -= error->identity.size();
  byIdentity_.erase(error->identity);
  errors_.erase(error);
}

void RepeatFilter::forgetOldest(std::vector<ErrorReport>& overdue) {
  while (errors_.size() > kMaxRemembered || bytes_ > kMaxRememberedBytes) {
    const auto oldest = errors_.begin();
    if (oldest->latest) overdue.push_back(take(*oldest));
    forget(oldest);
  }
}

std::vector<ErrorReport> RepeatFilter::takeDue(BootTime now) {
  std::vector<ErrorReport> due;
  while (now >= nextDueTime()) {
    const auto error = errors_.begin();
    if (error->latest) {
      due.push_back(take(*error));
      noteSent(error, now);
    } else {
      forget(error);
    }
  }
  return due;
}

std::vector<ErrorReport> RepeatFilter::takeAll() {
  std::vector<ErrorReport> all;
  for (auto& error : errors_) {
    if (error.latest) all.push_back(take(error));
  }
  return all;
}

BootTime RepeatFilter::nextDueTime() const {
  return errors_.empty() ? BootTime::max() : errors_.front().lastSent + kRepeatAfter;
}

std::size_t RepeatFilter::heldBack() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(errors_, [](const auto& error) { return error.latest.has_value(); }));
}

}  // namespace leptir::report
