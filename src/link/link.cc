#include "link/link.h"

#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <system_error>

#include "base/errno_text.h"
#include "link/pages.h"

namespace leptir::link {
namespace {

constexpr std::size_t kSharedPageBytes = roundUpToPages(sizeof(SharedPage));

Error noDescriptors(const std::system_error& error) {
  return Error(ErrorCode::Unavailable, "cannot create wake-up descriptors: " + base::errnoText(error.code().value()));
}

}  // namespace

Result<std::unique_ptr<Link>> Link::create(int workers) try {
  std::unique_ptr<Link> link(new Link);
  void* memory = ::mmap(nullptr, kSharedPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return Error(ErrorCode::Unavailable, "cannot map the shared page: " + base::errnoText(errno));
  ::madvise(memory, kSharedPageBytes, MADV_DONTDUMP);
  link->page_ = new (memory) SharedPage;
  if (auto grown = link->growTo(workers); !grown) return grown.error();
  return link;
} catch (const std::system_error& error) {
  return noDescriptors(error);
}

Result<void> Link::growTo(int workers) {
  while (this->workers() < workers) {
    if (auto added = addSlot(); !added) return added;
  }
  return {};
}

// The slot is added last, since workers() counts the slots.
Result<void> Link::addSlot() try {
  const auto number = slots_.size();
  auto slot = Slot::create();
  if (!slot) return slot.error();
  auto workerStderr = WorkerStderr::create();
  if (!workerStderr) return workerStderr.error();
  if (workerBells_.size() == number) workerBells_.push_back(std::make_unique<Wake>());
  if (stopBells_.size() == number) stopBells_.push_back(std::make_unique<Wake>());
  stderrs_.push_back(std::move(*workerStderr));
  slots_.push_back(std::move(*slot));
  return {};
} catch (const std::system_error& error) {
  return noDescriptors(error);
}

Link::~Link() {
  if (page_ != nullptr) ::munmap(page_, kSharedPageBytes);
}

Result<void> Link::confineToWorker(int worker) {
  for (int other = 0; other < workers(); ++other) {
    if (other == worker) continue;
    slot(other).unmap();
    workerStderr(other).close();
    workerBells_[static_cast<std::size_t>(other)].reset();
    stopBells_[static_cast<std::size_t>(other)].reset();
  }
  masterBell_.reset();
  if (::mprotect(page_, kSharedPageBytes, PROT_READ) != 0) {
    return Error(ErrorCode::Internal, "cannot make the shared page read-only: " + base::errnoText(errno));
  }
  if (auto ours = workerStderr(worker).redirectStderr(); !ours) return ours;
  return slot(worker).confineToWorker();
}

}  // namespace leptir::link
