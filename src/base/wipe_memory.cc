#include "base/wipe_memory.h"

#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <utility>

namespace leptir::base {
namespace {

constexpr std::size_t kMaxBlockBytes = 64 * 1024;
constexpr std::size_t kMaxBytesOfSmallBlock = 1024;
// The most bytes in all blocks of one size together. A program that has freed gigabytes must not get them all back as
// resident memory of each worker. malloc hands out the most recently freed blocks first.
constexpr std::size_t kMaxLargeTotalBytes = std::size_t{2} << 20, kMaxSmallTotalBytes = std::size_t{256} << 10;
constexpr std::size_t kStackBytes = 512 * 1024, kPage = 4096;
// The most that the dynamic linker saves below the stack at the first call of a function.
constexpr std::size_t kMaxLinkerSaveBytes = 64 * 1024;

// Allocates and overwrites blocks, and frees them all together at the end: malloc would hand out a block again if it
// were freed at once.
class WipedBlocks {
 public:
  WipedBlocks() : heapEnd_(static_cast<char*>(::sbrk(0))) {}
  ~WipedBlocks() {
    while (first_ != nullptr) std::free(std::exchange(first_, first_->next));
  }
  WipedBlocks(const WipedBlocks&) = delete;
  WipedBlocks& operator=(const WipedBlocks&) = delete;

  // Allocates blocks of this size until malloc has no free block of it left and extends the heap, or until `maxBytes`
  // are taken.
  void wipeAll(std::size_t size, std::size_t maxBytes) {
    for (std::size_t taken = 0; taken < maxBytes && wipeOne(size); taken += size) continue;
  }

 private:
  struct Block {
    Block* next;
  };

  bool wipeOne(std::size_t size) {
    void* memory = std::malloc(size);
    if (memory == nullptr) return false;
    ::explicit_bzero(memory, size);
    first_ = ::new (memory) Block{first_};
    return static_cast<char*>(memory) < heapEnd_;
  }

  const char* heapEnd_;
  Block* first_ = nullptr;
};

// Vector registers still hold parts of the texts that were copied last. They are saved on the stack when the dynamic
// linker looks up a function and when a signal arrives. Copying zeros with the same functions of the C library
// overwrites them.
void clearVectorRegisters(char* twoPagesOfZeros) {
  for (std::size_t size = 16; size <= kPage; size *= 2) {
    ::memmove(twoPagesOfZeros + kPage, twoPagesOfZeros, size);
    asm volatile("" : : "r"(twoPagesOfZeros) : "memory");  // keeps the compiler from leaving out the copies
  }
}

template <std::size_t kBytes>
[[gnu::noinline]] void wipeStackBelow() {
  alignas(kPage) char unused[kBytes];
  ::explicit_bzero(unused, sizeof unused);
  clearVectorRegisters(unused);
  ::madvise(unused, sizeof unused, MADV_DONTNEED);  // otherwise these zeroed pages would stay resident in each worker
}

}  // namespace

void wipe(std::string& text) {
  ::explicit_bzero(text.data(), text.capacity());
  text.clear();
}

void wipe(Json& value) {
  if (value.is_string()) wipe(value.get_ref<std::string&>());
  if (value.is_structured()) {
    for (auto& element : value) wipe(element);
  }
  value = nullptr;
}

void wipeFreeMemory() {
  {
    WipedBlocks taken;
    // Large blocks first, because malloc would split them to serve small requests. Afterwards each smaller size needs
    // few allocations.
    for (auto size = kMaxBlockBytes; size > kMaxBytesOfSmallBlock; size /= 2) taken.wipeAll(size, kMaxLargeTotalBytes);
    for (auto size = kMaxBytesOfSmallBlock; size >= 2 * sizeof(void*) + 8; size -= 16)
      taken.wipeAll(size, kMaxSmallTotalBytes);
  }
  ::malloc_trim(0);  // merges split blocks and returns whole pages to the kernel
  wipeStackBelow<kStackBytes>();
  // The first pass has called each function once: this one saves no more registers, and wipes what the first one saved.
  wipeStackBelow<kStackBytes + kMaxLinkerSaveBytes>();
}

}  // namespace leptir::base
