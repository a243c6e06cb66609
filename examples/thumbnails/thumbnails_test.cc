// The tasks of this example, run in the process of the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <leptir/run_task.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "picture.h"
#include "tasks.h"

namespace thumbnails {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ThumbnailsTest : public ::testing::Test {
 protected:
  ThumbnailsTest() {
    fs::create_directories(folder);
    tasks.add<Paint>("picture.paint", paint);
    tasks.add<Thumbnail>("picture.thumbnail", makeThumbnail);
  }
  ~ThumbnailsTest() override { fs::remove_all(folder); }

  std::string path(const std::string& name) const { return folder / name; }
  leptir::Outcome painted(const std::string& name, int width, int height) {
    return leptir::runTask(tasks, "picture.paint", Paint{path(name), width, height});
  }
  leptir::Outcome reduced(const std::string& name, int width, const leptir::RunOptions& options = {}) {
    return leptir::runTask(tasks, "picture.thumbnail", Thumbnail{path(name), path("small.ppm"), width}, options);
  }

  leptir::TaskRegistry tasks;
  const fs::path folder = fs::temp_directory_path() / ("thumbnails-" + std::to_string(::getpid()));
};

TEST_F(ThumbnailsTest, APixelHasTheMeanLightOfThePixelsThatItReplaces) {
  ASSERT_EQ(painted("a.ppm", 64, 32).status, leptir::ExitStatus::Success);
  const auto outcome = reduced("a.ppm", 16);
  ASSERT_EQ(outcome.status, leptir::ExitStatus::Success) << outcome.response;
  const auto small = readPicture(path("small.ppm"));
  EXPECT_EQ(small.width, 16);
  EXPECT_EQ(small.height, 8);
  for (const auto byte : small.bytes) ASSERT_EQ(byte, 188);  // half of the light of 255; the mean of the bytes is 127
}

TEST_F(ThumbnailsTest, ASmallerPictureIsCopiedAsItIs) {
  ASSERT_EQ(painted("a.ppm", 5, 3).status, leptir::ExitStatus::Success);
  ASSERT_EQ(reduced("a.ppm", 16).status, leptir::ExitStatus::Success);
  EXPECT_EQ(readPicture(path("small.ppm")).bytes, readPicture(path("a.ppm")).bytes);
}

TEST_F(ThumbnailsTest, ProgressIsReportedForEachRow) {
  ASSERT_EQ(painted("a.ppm", 8, 8).status, leptir::ExitStatus::Success);
  std::vector<std::string> progress;
  leptir::RunOptions options;
  options.onProgress = [&](double, std::string_view text) { progress.emplace_back(text); };
  ASSERT_EQ(reduced("a.ppm", 2, options).status, leptir::ExitStatus::Success);
  EXPECT_THAT(progress, ElementsAre("row 1 of 2", "row 2 of 2"));
}

TEST_F(ThumbnailsTest, AMissingSourceIsWaitedForUntilItsTimeIsOver) {
  const auto now = leptir::unixSeconds(leptir::systemClock().now());
  Thumbnail thumbnail{path("missing.ppm"), path("small.ppm")};
  thumbnail.waitUntil = now + 3600;
  EXPECT_TRUE(leptir::runTask(tasks, "picture.thumbnail", thumbnail).retryAfter);
  thumbnail.waitUntil = now - 1;
  const auto outcome = leptir::runTask(tasks, "picture.thumbnail", thumbnail);
  EXPECT_FALSE(outcome.retryAfter);
  EXPECT_THAT(outcome.response, HasSubstr("missing.ppm: cannot be read"));
}

TEST_F(ThumbnailsTest, AFileThatIsNoPictureIsAnErrorAndLeavesNoThumbnail) {
  for (const std::string content : {"", "P5 1 1 255\nx", "P6 0 1 255\n", "P6 2 2 255\nxyz", "P6 1 1 65535\nxxxxxx"}) {
    std::ofstream(path("a.ppm"), std::ios::binary) << content;
    EXPECT_THAT(reduced("a.ppm", 16).response, HasSubstr("a.ppm: ")) << content;
  }
  EXPECT_FALSE(fs::exists(path("small.ppm")));
}

TEST_F(ThumbnailsTest, ParametersThatMakeNoSenseAreNamed) {
  EXPECT_THAT(reduced("a.ppm", 0).response, HasSubstr("width must be from 1 to 20000 pixels"));
  EXPECT_THAT(leptir::runTask(tasks, "picture.thumbnail", {{"source", "a"}}).response,
              HasSubstr("target must be given"));
  EXPECT_THAT(leptir::runTask(tasks, "picture.paint", {{"target", "a"}, {"width", 1}}).response, HasSubstr("height"));
}

}  // namespace
}  // namespace thumbnails
