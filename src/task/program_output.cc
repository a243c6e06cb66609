#include "task/program_output.h"

#include <algorithm>

namespace leptir {
namespace {

// A longer line is handed on in pieces.
constexpr std::size_t kLongestLine = 8 * 1024;

bool isInsideCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

void LinesOfTheBeginning::add(std::string_view piece) {
  if (cut_) return;
  const auto room = maxBytes_ - kept_.size();
  kept_.append(piece.substr(0, room));
  cut_ = piece.size() > room;
  if (!cut_ || !isInsideCharacter(piece[room])) return;
  // Not through the middle of a character, which has four bytes at most.
  for (int i = 0; i < 3 && !kept_.empty() && isInsideCharacter(kept_.back()); ++i) kept_.pop_back();
  if (!kept_.empty()) kept_.pop_back();
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
  if (tail_.size() > 2 * maxBytes_) tail_.erase(0, tail_.size() - maxBytes_);
  for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    addToLine(piece.substr(0, end));
    finish();
    piece.remove_prefix(end + 1);
  }
  addToLine(piece);
}

void LinesAndTail::addToLine(std::string_view piece) {
  while (line_.size() + piece.size() > kLongestLine) {
    const auto room = kLongestLine - line_.size();
    line_.append(piece.substr(0, room));
    piece.remove_prefix(room);
    finish();
  }
  line_.append(piece);
}

void LinesAndTail::finish() {
  if (line_.empty()) return;
  onLine_(line_);
  line_.clear();
}

std::string_view LinesAndTail::tail() const {
  const std::string_view tail = tail_;
  return tail.substr(tail.size() - std::min(tail.size(), maxBytes_));
}

}  // namespace leptir
