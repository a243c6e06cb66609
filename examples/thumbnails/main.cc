// The program whose instance makes thumbnails. Its commands are leptir's: thumbnails start, thumbnails push …
#include "picture.h"
#include "tasks.h"

int main(int argc, char** argv) {
  leptir::Program program;
  program.tasks.add<thumbnails::Paint>("picture.paint", thumbnails::paint);
  program.tasks.add<thumbnails::Thumbnail>("picture.thumbnail", thumbnails::makeThumbnail);
  program.onWorkerStart([] { thumbnails::lightTable(); });  // before the first task, not during it
  return leptir::runMain(argc, argv, program);
}
