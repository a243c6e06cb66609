#include "tests/chaos/vandals.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace leptir::chaos {
namespace {

constexpr int kDescriptors = 1024;
// How many bytes are overwritten in each mapping: a slot maps gigabytes, most of which are never used.
constexpr std::uintptr_t kScribbled = std::uintptr_t{4} << 20;

void closeAll() {
  for (int descriptor = 0; descriptor < kDescriptors; ++descriptor) ::close(descriptor);
}

void writeGarbage() {
  const std::string garbage(64, '\x5a');
  for (int descriptor = 0; descriptor < kDescriptors; ++descriptor) {
    const int flags = ::fcntl(descriptor, F_GETFL);
    if (flags < 0) continue;
    ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
    [[maybe_unused]] auto written = ::write(descriptor, garbage.data(), garbage.size());
    written = ::write(descriptor, garbage.data(), sizeof(std::uint64_t));  // the only size that an eventfd accepts
    ::fcntl(descriptor, F_SETFL, flags);
  }
}

void truncateAll() {
  for (int descriptor = 0; descriptor < kDescriptors; ++descriptor) {
    [[maybe_unused]] const auto cut = ::ftruncate(descriptor, 0);
  }
}

void overwrite(char with) {
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> shared;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t from = 0, to = 0;
    char dash = 0;
    std::string rights;
    if (words >> std::hex >> from >> dash >> to >> rights && rights == "rw-s") shared.emplace_back(from, to);
  }
  for (const auto& [from, to] : shared) {
    std::fill_n(reinterpret_cast<volatile char*>(from), std::min(to - from, kScribbled), with);
  }
}

void blockSignals() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
}

// Forks children that end at once; none is waited for.
void forkMany(int number) {
  for (int i = 0; i < number; ++i) {
    if (::fork() == 0) ::_exit(0);
  }
}

void fill() {
  while (::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) {
  }
  ::close(kDescriptors / 2);  // keeps one descriptor free for the ledger
}

}  // namespace

void damageWorker(const std::string& way) {
  static const std::map<std::string, void (*)()> kWays{
      {"close", closeAll},
      {"garbage", writeGarbage},
      {"truncate", truncateAll},
      {"scribble", [] { overwrite('\x5a'); }},
      {"wipe", [] { overwrite(0); }},
      {"mask", blockSignals},
      {"twice", [] { (void)::fork(); }},
      {"unwaited", [] { forkMany(50); }},
      {"fill", fill},
  };
  kWays.at(way)();
}

}  // namespace leptir::chaos
