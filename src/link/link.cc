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
    auto seat = Seat::create();
    if (!seat) return seat.error();
    seats_.push_back(std::move(*seat));
  }
  return {};
}

Result<void> Link::addReportSlot() {
  if (hasReportSlot()) return {};
  auto seat = Seat::create();
  if (!seat) return seat.error();
  reportSeat_ = std::move(*seat);
  return {};
}

Result<std::unique_ptr<Link::Seat>> Link::Seat::create() try {
  auto slot = Slot::create();
  if (!slot) return slot.error();
  auto stderrFile = WorkerStderr::create();
  if (!stderrFile) return stderrFile.error();
  return std::make_unique<Seat>(std::move(*slot), std::move(*stderrFile));
} catch (const std::system_error& error) {
  return noDescriptors(error);
}

Link::~Link() {
  if (page_ != nullptr) ::munmap(page_, kSharedPageBytes);
}

void Link::closeSeat(Seat& seat) {
  seat.slot.unmap();
  seat.stderrFile.close();
  seat.bell.reset();
  seat.stopBell.reset();
}

Result<void> Link::confineToWorker(int worker) {
  forEachSlot([&](int other) {
    if (other != worker) closeSeat(seat(other));
  });
  masterBell_.reset();
  ownRunLog_ = runLogs_.mapForWorker(worker);
  if (::mprotect(page_, kSharedPageBytes, PROT_READ) != 0) {
    return Error(ErrorCode::Internal, "cannot make the shared page read-only: " + base::errnoText(errno));
  }
  if (auto ours = workerStderr(worker).redirectStderr(); !ours) return ours;
  return slot(worker).confineToWorker();
}

}  // namespace leptir::link
