// What is kept of a program's output, which comes in pieces of any size.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace leptir {

// The beginning of what is added, as lines; the rest is forgotten.
class LinesOfTheBeginning {
 public:
  explicit LinesOfTheBeginning(std::size_t maxBytes) : maxBytes_(maxBytes) {}

  void add(std::string_view piece);
  // Each line, also the last one without a line feed; when something was forgotten, a last line that says so.
  void forEachLine(const std::function<void(std::string line)>& take) const;

 private:
  std::size_t maxBytes_;
  std::string kept_;
  bool cut_ = false;
};

// The end of what is added, and each line as soon as it is whole: the lines of the first `maxBytes`, then one that says
// that there are more, so that a program which never stops writing fills no disk with its log.
class LinesAndTail {
 public:
  LinesAndTail(std::size_t maxBytes, std::function<void(std::string_view line)> onLine)
      : maxBytes_(maxBytes), onLine_(std::move(onLine)) {}

  void add(std::string_view piece);
  // The last line may have no line feed.
  void finish();
  std::string_view tail() const;

 private:
  void addToLine(std::string_view piece);
  void handOn(std::string_view line);

  std::size_t maxBytes_;
  std::function<void(std::string_view line)> onLine_;
  std::size_t handedOn_ = 0;  // bytes
  std::string line_;
  std::string tail_;
};

}  // namespace leptir
