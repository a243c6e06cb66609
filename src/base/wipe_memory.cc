#include "base/wipe_memory.h"

#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <utility>

namespace leptir {
namespace {

constexpr std::size_t kLargestSize = 64 * 1024;
constexpr std::size_t kLargestSmallSize = 1024;
// So much of each size: a program that has freed gigabytes must not get them all as memory of each worker. What was
// freed last is handed out first.
constexpr std::size_t kMostOfALargeSize = std::size_t{2} << 20, kMostOfASmallSize = std::size_t{256} << 10;
constexpr std::size_t kStackBytes = 512 * 1024, kPage = 4096;
// What the dynamic linker saves at a first call has at most this much.
constexpr std::size_t kBelowTheFirstTime = 64 * 1024;

// Blocks that are taken and overwritten, and all given back together: one that went back at once would be handed out
// again.
class TakenBlocks {
 public:
  TakenBlocks() : heapEnd_(static_cast<char*>(::sbrk(0))) {}
  ~TakenBlocks() {
    while (first_ != nullptr) std::free(std::exchange(first_, first_->next));
  }
  TakenBlocks(const TakenBlocks&) = delete;
  TakenBlocks& operator=(const TakenBlocks&) = delete;

  // Takes blocks of this size until there is none that was free before, or it has so many bytes.
  void takeAll(std::size_t size, std::size_t mostBytes) {
    for (std::size_t taken = 0; taken < mostBytes && takeOne(size); taken += size) continue;
  }

 private:
  struct Block {
    Block* next;
  };

  bool takeOne(std::size_t size) {
    void* memory = std::malloc(size);
    if (memory == nullptr) return false;
    ::explicit_bzero(memory, size);
    first_ = ::new (memory) Block{first_};
    return static_cast<char*>(memory) < heapEnd_;
  }

  const char* heapEnd_;
  Block* first_ = nullptr;
};

// Vector registers still hold parts of the texts that were copied last, and are saved on the stack when the dynamic
// linker looks up a function, or a signal comes. Copying zeros with the same functions of the C library overwrites them.
void clearVectorRegisters(char* twoPagesOfZeros) {
  for (std::size_t size = 16; size <= kPage; size *= 2) {
    ::memmove(twoPagesOfZeros + kPage, twoPagesOfZeros, size);
    asm volatile("" : : "r"(twoPagesOfZeros) : "memory");  // or the copies would be left out
  }
}

template <std::size_t kBytes>
[[gnu::noinline]] void wipeStackBelow() {
  alignas(kPage) char unused[kBytes];
  ::explicit_bzero(unused, sizeof unused);
  clearVectorRegisters(unused);
  ::madvise(unused, sizeof unused, MADV_DONTNEED);  // or these zeros would be memory of each worker
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
    TakenBlocks taken;
    // Large ones first, so that they are not cut up: then nothing is left that needs more than a few tries.
    for (auto size = kLargestSize; size > kLargestSmallSize; size /= 2) taken.takeAll(size, kMostOfALargeSize);
    for (auto size = kLargestSmallSize; size >= 2 * sizeof(void*) + 8; size -= 16)
      taken.takeAll(size, kMostOfASmallSize);
  }
  ::malloc_trim(0);  // what was cut up is put together again, and whole pages go back
  wipeStackBelow<kStackBytes>();
  // Now the dynamic linker has looked up what this calls, and saves no registers below it any more.
  wipeStackBelow<kStackBytes + kBelowTheFirstTime>();
}

}  // namespace leptir
