#include "base/fork_witness.h"

#include <sys/mman.h>
#include <unistd.h>

namespace leptir {
namespace {

constexpr std::size_t kPage = 4096;

}  // namespace

ForkWitness::ForkWitness() : pid_(::getpid()) {
  void* page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  if (::madvise(page, kPage, MADV_WIPEONFORK) != 0) {
    ::munmap(page, kPage);
    return;
  }
  *static_cast<volatile char*>(page) = 1;
  page_ = page;
}

ForkWitness::~ForkWitness() {
  if (page_ != nullptr) ::munmap(page_, kPage);
}

bool ForkWitness::isStillTheSameProcess() const {
  const bool unwiped = page_ != nullptr && *static_cast<const volatile char*>(page_) == 1;
  return unwiped || ::getpid() == pid_;  // what a task wiped is no child
}

}  // namespace leptir
