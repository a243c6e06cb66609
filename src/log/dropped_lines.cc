#include "log/dropped_lines.h"

#include <sys/mman.h>

#include <cerrno>
#include <new>

#include "base/errno_text.h"

namespace leptir::log {
namespace {

std::string reasonOf(int error, const std::string& target) {
  if (error == EAGAIN) return "the reader of " + target + " was too slow";
  return target + ": " + base::errnoText(error);
}

}  // namespace

DroppedLines::DroppedLines() {
  void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    page_ = std::make_shared<Page>();
  } else {
    page_ = std::shared_ptr<Page>(new (memory) Page, [](Page* page) { ::munmap(page, sizeof(Page)); });
  }
}

void DroppedLines::add(std::uint64_t lines, int error) {
  page_->error = error;
  page_->lines += lines;
  page_->total += lines;
}

std::string DroppedLines::describe(std::uint64_t lines, const std::string& target) const {
  const auto count = lines == 1 ? "1 log line was dropped: " : std::to_string(lines) + " log lines were dropped: ";
  return count + reasonOf(page_->error, target);
}

}  // namespace leptir::log
