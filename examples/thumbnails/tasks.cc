#include "tasks.h"

#include <algorithm>
#include <filesystem>

#include "picture.h"

namespace thumbnails {
namespace {

namespace fs = std::filesystem;

void check(bool isRight, const std::string& mistake) {
  if (!isRight) throw leptir::TaskError(mistake);
}

void checkSide(int pixels, const std::string& name) {
  check(pixels >= 1 && pixels <= kLargestSide, name + " must be from 1 to " + std::to_string(kLargestSide) + " pixels");
}

}  // namespace

leptir::ExitStatus paint(const Paint& parameters, leptir::TaskContext& task) {
  checkSide(parameters.width, "width");
  checkSide(parameters.height, "height");
  Picture picture(parameters.width, parameters.height);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) std::fill_n(picture.pixel(x, y), 3, (x + y) % 2 == 0 ? 0 : 255);
  }
  writePicture(picture, parameters.target);
  task.addResponseLine("painted " + parameters.target);
  return leptir::ExitStatus::Success;
}

leptir::ExitStatus makeThumbnail(const Thumbnail& thumbnail, leptir::TaskContext& task) {
  using namespace std::chrono_literals;
  check(!thumbnail.source.empty() && !thumbnail.target.empty(), "source and target must be given");
  checkSide(thumbnail.width, "width");
  if (!fs::exists(thumbnail.source) && leptir::unixSeconds(leptir::systemClock().now()) < thumbnail.waitUntil)
    return task.retryAfter(500ms, thumbnail.source + " is not there yet");

  task.changeState("reading");
  const Picture picture = readPicture(thumbnail.source);
  task.changeState("reducing");
  const Picture small = reduced(picture, thumbnail.width, [&task](int rows, int of) {
    task.progress(static_cast<double>(rows) / of, "row " + std::to_string(rows) + " of " + std::to_string(of));
  });
  task.changeState("writing");
  writePicture(small, thumbnail.target);
  task.setResult({{"width", small.width}, {"height", small.height}});
  return leptir::ExitStatus::Success;
}

}  // namespace thumbnails
