#include "tests/chaos/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <sstream>

#include "base/unique_fd.h"

namespace leptir::chaos {
namespace {

constexpr std::string_view kWords[] = {"start", "end", "child"};

bool appendText(const std::filesystem::path& file, const std::string& text) {
  const base::UniqueFd descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  return descriptor && ::write(descriptor.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace

std::int64_t bootNsNow() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

bool append(const std::filesystem::path& file, const LedgerLine& line) {
  std::ostringstream text;
  text << kWords[static_cast<std::size_t>(line.mark)] << ' ' << line.id << ' ' << line.lease << ' ' << line.owner << ' '
       << line.pid << ' ' << line.bootNs << '\n';
  return appendText(file, text.str());
}

std::optional<LedgerLine> parseLedgerLine(std::string_view text) {
  std::istringstream words{std::string(text)};
  std::string mark, more;
  LedgerLine line;
  if (!(words >> mark >> line.id >> line.lease >> line.owner >> line.pid >> line.bootNs) || words >> more) return {};
  for (std::size_t i = 0; i < std::size(kWords); ++i) {
    if (mark != kWords[i]) continue;
    line.mark = static_cast<Mark>(i);
    return line;
  }
  return {};
}

std::vector<LedgerLine> readLedger(const std::filesystem::path& file, std::vector<std::string>* broken) {
  std::vector<LedgerLine> lines;
  std::ifstream stream(file);
  for (std::string text; std::getline(stream, text);) {
    const bool whole = !stream.eof();
    auto line = parseLedgerLine(text);
    if (whole && line) {
      lines.push_back(std::move(*line));
    } else if (broken != nullptr) {
      broken->push_back(text);
    }
  }
  return lines;
}

bool appendPush(const std::filesystem::path& file, std::string_view word, const std::vector<std::string>& ids) {
  std::string text;
  for (const auto& id : ids) text += std::string(word) + ' ' + id + '\n';
  return appendText(file, text);
}

PushLog readPushLog(const std::filesystem::path& file) {
  PushLog log;
  std::ifstream stream(file);
  for (std::string word, id; stream >> word >> id;) (word == "sent" ? log.sent : log.acknowledged).insert(id);
  return log;
}

}  // namespace leptir::chaos
