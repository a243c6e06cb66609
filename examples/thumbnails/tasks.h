// The tasks of the example and their parameters, shared by the program that runs them and the one that pushes them.
#pragma once

#include <leptir/leptir.h>

#include <string>

namespace thumbnails {

// Paints a picture to try the example with: a chequerboard of black and white pixels. Every parameter must be given.
struct Paint {
  std::string target;
  int width = 0, height = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Paint, target, width, height)

// Writes a smaller copy of a picture. `source` and `target` must be given; without the others, they are as here.
struct Thumbnail {
  std::string source;
  std::string target;
  int width = 160;
  double waitUntil = 0;  // Unix seconds: until then a source that is not there yet is waited for
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Thumbnail, source, target, width, waitUntil)

leptir::ExitStatus paint(const Paint& parameters, leptir::TaskContext& task);
leptir::ExitStatus makeThumbnail(const Thumbnail& thumbnail, leptir::TaskContext& task);

}  // namespace thumbnails
