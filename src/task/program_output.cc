#include "task/program_output.h"

#include <algorithm>

#include "base/utf8.h"

namespace leptir::task {
namespace {

// A longer line is passed on in pieces of this size, in bytes.
constexpr std::size_t kMaxLineBytes = 8 * 1024;

}  // namespace

void StdoutCollector::add(std::string_view piece) {
  if (truncated_) return;
  // Appends one byte beyond the limit, which shows whether the cut is between two characters.
  kept_.append(piece.substr(0, maxBytes_ + 1 - kept_.size()));
  truncated_ = kept_.size() > maxBytes_;
  kept_.resize(base::utf8Prefix(kept_, maxBytes_).size());
}

void StdoutCollector::forEachLine(const std::function<void(std::string line)>& take) const {
  std::string_view rest = kept_;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    take(std::string(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (truncated_) take("[The program's output was cut here: " + std::to_string(maxBytes_ / 1024) + " KiB are kept.]");
}

void StderrCollector::add(std::string_view piece) {
  tail_.append(piece);
  // Trims only when the text has grown to twice the limit, since each trim moves all bytes that are kept.
  if (tail_.size() > 2 * maxBytes_) tail_.erase(0, tail_.size() - base::utf8Suffix(tail_, maxBytes_).size());
  for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    addToLine(piece.substr(0, end));
    finish();
    piece.remove_prefix(end + 1);
  }
  addToLine(piece);
}

void StderrCollector::addToLine(std::string_view piece) {
  line_.append(piece);
  std::string_view rest = line_;
  while (rest.size() > kMaxLineBytes) {
    const auto part = base::utf8Prefix(rest, kMaxLineBytes);
    forwardLine(part);
    rest.remove_prefix(part.size());
  }
  line_.erase(0, line_.size() - rest.size());
}

void StderrCollector::finish() {
  if (line_.empty()) return;
  forwardLine(line_);
  line_.clear();
}

void StderrCollector::forwardLine(std::string_view line) {
  if (handlers_.onEachLine) handlers_.onEachLine(line);
  if (forwardedBytes_ > maxBytes_) return;
  forwardedBytes_ += line.size();
  if (forwardedBytes_ <= maxBytes_) return handlers_.onLimitedLine(line);
  handlers_.onLimitedLine("[More of the program's stderr is not logged: " + std::to_string(maxBytes_ / 1024) +
                          " KiB of a run are. Its end stands in the record.]");
}

std::string_view StderrCollector::tail() const {
  return base::utf8Suffix(tail_, maxBytes_);
}

}  // namespace leptir::task
