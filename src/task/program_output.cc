#include "task/program_output.h"

#include <algorithm>

#include "base/utf8.h"

namespace leptir {
namespace {

// A longer line is handed on in pieces.
constexpr std::size_t kLongestLine = 8 * 1024;

}  // namespace

void LinesOfTheBeginning::add(std::string_view piece) {
  if (cut_) return;
  // One byte more than is kept: it tells whether a character ends where the text is cut.
  kept_.append(piece.substr(0, maxBytes_ + 1 - kept_.size()));
  cut_ = kept_.size() > maxBytes_;
  kept_.resize(utf8Prefix(kept_, maxBytes_).size());
}

void LinesOfTheBeginning::forEachLine(const std::function<void(std::string line)>& take) const {
  std::string_view rest = kept_;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    take(std::string(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (cut_) take("[The program's output was cut here: " + std::to_string(maxBytes_ / 1024) + " KiB are kept.]");
}

void LinesAndTail::add(std::string_view piece) {
  tail_.append(piece);
  // Now and then rather than each time, since it moves all that stays.
  if (tail_.size() > 2 * maxBytes_) tail_.erase(0, tail_.size() - utf8Suffix(tail_, maxBytes_).size());
  for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    addToLine(piece.substr(0, end));
    finish();
    piece.remove_prefix(end + 1);
  }
  addToLine(piece);
}

void LinesAndTail::addToLine(std::string_view piece) {
  line_.append(piece);
  std::string_view rest = line_;
  while (rest.size() > kLongestLine) {
    const auto part = utf8Prefix(rest, kLongestLine);
    handOn(part);
    rest.remove_prefix(part.size());
  }
  line_.erase(0, line_.size() - rest.size());
}

void LinesAndTail::finish() {
  if (line_.empty()) return;
  handOn(line_);
  line_.clear();
}

void LinesAndTail::handOn(std::string_view line) {
  if (handedOn_ > maxBytes_) return;
  handedOn_ += line.size();
  if (handedOn_ <= maxBytes_) return onLine_(line);
  onLine_("[More of the program's stderr is not logged: " + std::to_string(maxBytes_ / 1024) +
          " KiB of a run are. Its end stands in the record.]");
}

std::string_view LinesAndTail::tail() const {
  return utf8Suffix(tail_, maxBytes_);
}

}  // namespace leptir
