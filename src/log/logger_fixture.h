// For tests of the logger: sinks, what a log file holds, and the streams of the process redirected.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "leptir/logger.h"
#include "tests/support/temp_dir.h"

namespace leptir::log {

inline LogSinkConfig fileSink(const std::filesystem::path& path, LogLevel level = LogLevel::Debug) {
  return {.name = "logfile", .type = LogSinkConfig::Type::File, .path = path, .level = level};
}

inline std::vector<std::string> linesOf(const std::filesystem::path& file) {
  std::istringstream text(readWholeFile(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

// Redirects a stream of the process for one test.
class Redirected {
 public:
  Redirected(int stream, int target) : stream_(stream), kept_(::dup(stream)) { ::dup2(target, stream); }
  ~Redirected() { ::dup2(kept_.get(), stream_); }

 private:
  int stream_;
  base::UniqueFd kept_;
};

// A pipe as stderr for one test.
class StderrPipe {
 public:
  StderrPipe() {
    int pipe[2];
    EXPECT_EQ(::pipe(pipe), 0);
    from_ = base::UniqueFd(pipe[0]);
    redirected_.emplace(STDERR_FILENO, pipe[1]);
    ::close(pipe[1]);
  }
  // Reads everything that is in the pipe now.
  std::string read() const {
    ::fcntl(from_.get(), F_SETFL, O_NONBLOCK);
    std::string text(1 << 20, '\0');
    std::size_t bytes = 0;
    for (ssize_t got = 0; (got = ::read(from_.get(), text.data() + bytes, text.size() - bytes)) > 0;)
      bytes += static_cast<std::size_t>(got);
    text.resize(bytes);
    return text;
  }

 private:
  base::UniqueFd from_;
  std::optional<Redirected> redirected_;
};

inline LogSinkConfig stderrSink() {
  return {.name = "err", .type = LogSinkConfig::Type::Stderr, .path = {}};
}

inline std::size_t countOf(std::string_view text, std::string_view wanted) {
  std::size_t times = 0;
  for (auto at = text.find(wanted); at != text.npos; at = text.find(wanted, at + 1)) ++times;
  return times;
}

}  // namespace leptir::log
