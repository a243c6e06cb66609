#include "tests/support/shifted_page.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <stdexcept>

#include "base/unique_fd.h"
#include "tests/support/folders.h"

namespace leptir {
namespace {

// Zeros are a clock that runs as the machine's does, so a new file needs no more than its size.
ShiftedTime* mapPage(const std::filesystem::path& file) {
  const base::UniqueFd descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!descriptor || ::ftruncate(descriptor.get(), sizeof(ShiftedTime)) != 0)
    throw std::runtime_error("cannot create the clock file " + file.string());
  void* const page = ::mmap(nullptr, sizeof(ShiftedTime), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.get(), 0);
  if (page == MAP_FAILED) throw std::runtime_error("cannot map the clock file " + file.string());
  return static_cast<ShiftedTime*>(page);
}

}  // namespace

ShiftedPage::ShiftedPage(std::filesystem::path file, Clock clock)
    : file_(std::move(file)), clock_(clock), page_(mapPage(file_)) {
  startOver();
}

ShiftedPage::~ShiftedPage() {
  ::munmap(page_, sizeof(ShiftedTime));
}

void ShiftedPage::advance(Duration by) {
  (clock_ == Clock::StandsAtTheStart ? page_->standsAt : page_->offset) += by.count();
}

void ShiftedPage::startOver() {
  if (clock_ == Clock::StandsAtTheStart) page_->standsAt = ManualClock().now().time_since_epoch().count();
}

void ShiftedPage::returnToMachine() {
  if (clock_ == Clock::Runs) page_->offset = 0;
}

std::vector<std::pair<std::string, std::string>> ShiftedPage::variables() const {
  return {{"LD_PRELOAD", buildFolder() / "libleptir_shifted_clock.so"}, {kShiftedTimeVariable, file_.string()}};
}

}  // namespace leptir
