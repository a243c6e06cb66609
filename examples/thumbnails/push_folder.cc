// Pushes a task for each PPM picture of a folder, all in one operation, as an application does that has many tasks.
// Arguments: the folder with the pictures, the folder for the thumbnails, a configuration file (default: none, as the
// program `thumbnails` without --config).
#include <filesystem>
#include <iostream>
#include <vector>

#include "tasks.h"

namespace {

namespace fs = std::filesystem;

std::vector<leptir::TaskToPush> tasksFor(const fs::path& pictures, const fs::path& targets) {
  std::vector<leptir::TaskToPush> tasks;
  for (const auto& entry : fs::directory_iterator(pictures)) {
    if (entry.path().extension() != ".ppm") continue;
    const thumbnails::Thumbnail thumbnail{.source = fs::absolute(entry.path()),
                                          .target = fs::absolute(targets / entry.path().filename())};
    tasks.push_back({.name = "picture.thumbnail", .parameters = thumbnail, .options = {.timeLimitSeconds = 60}});
  }
  return tasks;
}

leptir::Result<std::size_t> push(const leptir::Result<leptir::Config>& config,
                                 std::span<const leptir::TaskToPush> tasks) {
  if (!config) return config.error();
  auto broker = leptir::openBroker(*config);
  if (!broker) return broker.error();
  const auto ids = broker->pushTasks(tasks);
  if (!ids) return ids.error();
  return ids->size();
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3 || argc > 4) return std::cerr << "usage: push_folder PICTURES THUMBNAILS [CONFIGURATION]\n", 2;
  fs::create_directories(argv[2]);
  const auto pushed =
      push(argc == 4 ? leptir::loadConfig(argv[3]) : leptir::defaultConfig(), tasksFor(argv[1], argv[2]));
  if (!pushed) return std::cerr << "push_folder: " << pushed.error().message() << '\n', 1;
  std::cout << *pushed << " tasks pushed\n";
} catch (const fs::filesystem_error& error) {
  std::cerr << "push_folder: " << error.what() << '\n';
  return 1;
}
