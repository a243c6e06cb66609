#include "cli/line_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;
using Event = LineReader::Event;

class LineReaderTest : public ::testing::Test {
 protected:
  LineReaderTest() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    in = base::UniqueFd(ends[0]);
    out = base::UniqueFd(ends[1]);
  }
  void write(const std::string& text) {
    ASSERT_EQ(::write(out.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  Event next(LineReader& reader) { return reader.next(LineReader::kNoTimeout); }

  base::UniqueFd in, out;
};

TEST_F(LineReaderTest, ReturnsLinesWithTheirNumbers) {
  write("one\n\ntwo\nthree");
  out = base::UniqueFd();
  LineReader reader(in.get(), 100);
  std::vector<std::string> lines;
  while (next(reader) == Event::Line) lines.push_back(std::to_string(reader.number()) + std::string(reader.line()));
  EXPECT_EQ(lines, (std::vector<std::string>{"1one", "2", "3two", "4three"}));
  EXPECT_EQ(next(reader), Event::End);
}

TEST_F(LineReaderTest, ReportsAPauseAndKeepsTheBeginningOfAnUnfinishedLine) {
  write("one\ntw");
  LineReader reader(in.get(), 100);
  EXPECT_EQ(next(reader), Event::Line);
  EXPECT_EQ(reader.next(0ms), Event::Pause);
  write("o\n");
  EXPECT_EQ(next(reader), Event::Line);
  EXPECT_EQ(reader.line(), "two");
  EXPECT_EQ(reader.number(), 2u);
}

TEST_F(LineReaderTest, SkipsALineThatIsTooLongWithoutKeepingItInMemory) {
  const std::string longLine(10'000'000, 'x');
  std::thread writer([&] {
    const auto text = "one\n" + longLine + "\nthree\n" + longLine;
    for (std::size_t at = 0; at < text.size();) at += ::write(out.get(), text.data() + at, text.size() - at);
    out = base::UniqueFd();
  });
  LineReader reader(in.get(), 1000);
  std::vector<std::pair<Event, std::size_t>> seen;
  for (auto event = next(reader); event != Event::End; event = next(reader)) seen.emplace_back(event, reader.number());
  writer.join();
  const std::vector<std::pair<Event, std::size_t>> expected = {
      {Event::Line, 1}, {Event::TooLong, 2}, {Event::Line, 3}, {Event::TooLong, 4}};
  EXPECT_EQ(seen, expected);
}

TEST_F(LineReaderTest, FailsOnAFolderAndAClosedDescriptor) {
  const base::UniqueFd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  LineReader ofFolder(folder.get(), 100);
  EXPECT_EQ(next(ofFolder), Event::Failed);
  EXPECT_EQ(ofFolder.error(), EISDIR);
  const int closed = in.get();
  in = base::UniqueFd();
  LineReader ofClosed(closed, 100);
  EXPECT_EQ(next(ofClosed), Event::Failed);
  EXPECT_EQ(ofClosed.error(), EBADF);
}

}  // namespace
}  // namespace leptir::cli
