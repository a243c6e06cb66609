#include "base/fork_detector.h"

#include <sys/mman.h>
#include <unistd.h>

namespace leptir::base {
namespace {

constexpr std::size_t kPageBytes = 4096;

}  // namespace

ForkDetector::ForkDetector() : pid_(::getpid()) {
  void* page = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  if (::madvise(page, kPageBytes, MADV_WIPEONFORK) != 0) {
    ::munmap(page, kPageBytes);
    return;
  }
  *static_cast<volatile char*>(page) = 1;
  page_ = page;
}

ForkDetector::~ForkDetector() {
  if (page_ != nullptr) ::munmap(page_, kPageBytes);
}

bool ForkDetector::isSameProcess() const {
  const bool unwiped = page_ != nullptr && *static_cast<const volatile char*>(page_) == 1;
  return unwiped || ::getpid() == pid_;  // user code may have wiped the page itself; then getpid decides
}

}  // namespace leptir::base
