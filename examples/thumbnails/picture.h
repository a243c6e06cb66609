// Pictures in the binary PPM format (P6, 8 bits a colour), and their reduction to a smaller size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

namespace thumbnails {

struct Picture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> bytes;  // red, green and blue of each pixel, row by row

  Picture() = default;
  Picture(int width, int height);
  std::uint8_t* pixel(int x, int y) { return bytes.data() + 3 * (static_cast<std::size_t>(y) * width + x); }
  const std::uint8_t* pixel(int x, int y) const { return const_cast<Picture*>(this)->pixel(x, y); }
};

inline constexpr int kLargestSide = 20'000;  // pixels

// Throws leptir::TaskError, which names the file and what is wrong with it.
Picture readPicture(const std::filesystem::path& file);
// Replaces the file as a whole: no reader ever sees half of a picture, also when the process dies. Throws
// leptir::TaskError.
void writePicture(const Picture& picture, const std::filesystem::path& file);

// The light that each of the 256 values of a byte stands for (sRGB), from 0 to 1. Computed once in each process.
const std::array<float, 256>& lightTable();

// A smaller picture with this width and the same proportions; each of its pixels has the mean light of the pixels that
// it replaces. A picture that is not wider than `width` is returned as it is. `rowDone(rows, of)` is called after each
// row of the result.
Picture reduced(const Picture& picture, int width, const std::function<void(int rows, int of)>& rowDone);

}  // namespace thumbnails
