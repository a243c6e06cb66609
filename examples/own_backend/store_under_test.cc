#include "store_under_test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace folder {
namespace {

namespace fs = std::filesystem;
using leptir::conformance::BackendUnderTest, leptir::conformance::ClockKind;

template <class T>
T orThrow(leptir::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

fs::path newFolder() {
  auto name = (fs::temp_directory_path() / "folder-under-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  return name;
}

void setTimeOfFile(const fs::path& file, leptir::Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const timespec stamp{seconds.time_since_epoch().count(), std::chrono::nanoseconds(time - seconds).count()};
  const timespec both[2] = {stamp, stamp};
  if (::utimensat(AT_FDCWD, file.c_str(), both, 0) != 0) throw std::runtime_error("no time for " + file.string());
}

}  // namespace

FolderUnderTest::FolderUnderTest(ClockKind kind) : kind_(kind), backend_(clock()), path_(newFolder()) {}

FolderUnderTest::~FolderUnderTest() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

const leptir::Clock& FolderUnderTest::clock() const {
  return kind_ == ClockKind::Manual ? manualClock_ : leptir::systemClock();
}

std::unique_ptr<leptir::SimpleBroker> FolderUnderTest::openBroker() {
  return orThrow(backend_.openBroker({{"path", path_.string()}}, leptir::BrokerUse::Dispatch));
}

std::unique_ptr<leptir::SimpleMetaStorage> FolderUnderTest::openMetaStorage(
    std::optional<leptir::Duration> expireAfter) {
  return orThrow(backend_.openMetaStorage({{"path", path_.string()}}, expireAfter, leptir::MetaUse::Save));
}

void FolderUnderTest::pushRaw(std::string bytes, leptir::Time due) {
  const auto file = path_ / "incoming" / (std::to_string(1'000'000 + ++rawTasks_) + ".task");
  const fs::path unfinished = file.string() + ".part";
  std::ofstream(unfinished, std::ios::binary) << bytes;
  setTimeOfFile(unfinished, due);
  fs::rename(unfinished, file);
}

void FolderUnderTest::endInstance(const std::string& instance) {
  orThrow(openBroker()->endSessionsOf(instance));
}

void FolderUnderTest::advance(leptir::Duration by) {
  if (kind_ == ClockKind::Manual) return manualClock_.advance(by);
  const auto end = leptir::systemClock().bootTime() + by;
  leptir::Wake neverRung;
  while (leptir::systemClock().bootTime() < end) neverRung.waitFor(end - leptir::systemClock().bootTime());
}

// The traits that the backend promises: the suite checks that it answers them, and that they are true.
BackendUnderTest FolderUnderTest::backend() {
  return {.name = "folder",
          .open = [](ClockKind kind) { return std::make_unique<FolderUnderTest>(kind); },
          .traits = {.cancel = leptir::BrokerTraits::CancelLatency::AtRenewal},
          .metaTraits = {.expiresByItself = false},
          .wakesForRecords = false};
}

}  // namespace folder
