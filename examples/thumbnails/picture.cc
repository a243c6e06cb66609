#include "picture.h"

#include <leptir/task_error.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

namespace thumbnails {
namespace {

namespace fs = std::filesystem;

struct Span {
  int begin, end;  // the pixels from `begin` to before `end`
};

// The pixels of a side of length `from` that pixel `index` of a side of length `to` replaces; at least one.
Span replacedBy(int index, int from, int to) {
  const auto begin = static_cast<int>(static_cast<std::int64_t>(index) * from / to);
  const auto end = static_cast<int>(static_cast<std::int64_t>(index + 1) * from / to);
  return {begin, std::max(end, begin + 1)};
}

// The byte whose light is nearest.
std::uint8_t byteOf(float light) {
  const auto& table = lightTable();
  const auto* above = std::lower_bound(table.begin() + 1, table.end() - 1, light);
  const bool isBelowNearer = light - *(above - 1) < *above - light;
  return static_cast<std::uint8_t>(above - table.begin() - (isBelowNearer ? 1 : 0));
}

void fillWithMean(const Picture& from, Span columns, Span rows, std::uint8_t* to) {
  const auto& table = lightTable();
  std::array<double, 3> sum{};
  for (int y = rows.begin; y < rows.end; ++y) {
    for (int x = columns.begin; x < columns.end; ++x) {
      for (std::size_t colour = 0; colour < 3; ++colour) sum[colour] += table[from.pixel(x, y)[colour]];
    }
  }
  const double pixels = static_cast<double>(rows.end - rows.begin) * (columns.end - columns.begin);
  for (std::size_t colour = 0; colour < 3; ++colour) to[colour] = byteOf(static_cast<float>(sum[colour] / pixels));
}

}  // namespace

Picture::Picture(int ofWidth, int ofHeight)
    : width(ofWidth),
      height(ofHeight),
      bytes(3 * static_cast<std::size_t>(ofWidth) * static_cast<std::size_t>(ofHeight)) {}

Picture readPicture(const fs::path& file) {
  std::ifstream input(file, std::ios::binary);
  if (!input) throw leptir::TaskError(file.string() + ": cannot be read");
  std::string format;
  int width = 0, height = 0, largest = 0;
  input >> format >> width >> height >> largest;
  const bool isRight = format == "P6" && largest == 255 && std::clamp(width, 1, kLargestSide) == width &&
                       std::clamp(height, 1, kLargestSide) == height;
  if (!input || !isRight) throw leptir::TaskError(file.string() + ": is no PPM picture (P6, 255 values a colour)");
  input.get();  // one white space ends the header
  Picture picture(width, height);
  if (!input.read(reinterpret_cast<char*>(picture.bytes.data()), static_cast<std::streamsize>(picture.bytes.size())))
    throw leptir::TaskError(file.string() + ": ends before its last pixel");
  return picture;
}

void writePicture(const Picture& picture, const fs::path& file) {
  const fs::path unfinished = file.string() + "." + std::to_string(::getpid());
  std::ofstream output(unfinished, std::ios::binary);
  output << "P6\n" << picture.width << ' ' << picture.height << "\n255\n";
  output.write(reinterpret_cast<const char*>(picture.bytes.data()), static_cast<std::streamsize>(picture.bytes.size()));
  output.close();
  std::error_code error;
  if (output) fs::rename(unfinished, file, error);
  if (!output || error) {
    std::error_code ignored;
    fs::remove(unfinished, ignored);
    throw leptir::TaskError(file.string() + ": cannot be written");
  }
}

const std::array<float, 256>& lightTable() {
  static const auto table = [] {
    std::array<float, 256> light{};
    for (std::size_t byte = 0; byte < light.size(); ++byte) {
      const double value = static_cast<double>(byte) / 255;
      light[byte] = static_cast<float>(value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4));
    }
    return light;
  }();
  return table;
}

Picture reduced(const Picture& picture, int width, const std::function<void(int, int)>& rowDone) {
  if (picture.width <= width) return picture;
  const auto height = std::max<std::int64_t>(1, static_cast<std::int64_t>(picture.height) * width / picture.width);
  Picture small(width, static_cast<int>(height));
  for (int y = 0; y < small.height; ++y) {
    const Span rows = replacedBy(y, picture.height, small.height);
    for (int x = 0; x < width; ++x) fillWithMean(picture, replacedBy(x, picture.width, width), rows, small.pixel(x, y));
    rowDone(y + 1, small.height);
  }
  return small;
}

}  // namespace thumbnails
