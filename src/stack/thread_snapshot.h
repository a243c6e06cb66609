// Copies the registers and stacks of all threads of another process, at one moment: the threads stand still only while
// they are copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::stack {

inline constexpr std::size_t kMaxThreads = 256;
inline constexpr std::size_t kMaxStackBytes = std::size_t{512} << 10;  // of one thread, from its innermost frame on

// Why the stack of a thread could not be copied.
enum class ThreadProblem : std::uint32_t {
  None,
  Ended,
  InKernel,     // it did not stop in time, since it waits in the kernel without a way to interrupt that
  NoRights,     // the kernel does not let this process look into it
  Unsupported,  // of this processor
};

// The registers in the numbering of DWARF for this processor, as far as it is known.
struct Registers {
  static constexpr std::size_t kMaxRegisters = 32;
  std::uint64_t values[kMaxRegisters];
  std::uint32_t count;  // of values that are valid; 0: only the two below are known
  std::uint64_t stackPointer, pc;
};

struct ThreadCopy {
  std::int32_t tid;
  ThreadProblem problem;
  Registers registers;
  std::uint64_t stackBytes;  // that were copied, from registers.stackPointer - kRedZoneBytes on
};
// Compiled code may use so many bytes beyond the stack pointer.
inline constexpr std::uint64_t kRedZoneBytes = 128;

// Memory that the process which stops the threads shares with its parent.
class ThreadSnapshot {
 public:
  // Stops the threads of `process`, copies them and lets them go on. A child does it, which may take two seconds: when
  // it ends in any way, the kernel lets all threads run on. Threads beyond kMaxThreads are left out. NotFound: there
  // is no such process. Unavailable: no memory, or the child died.
  static Result<ThreadSnapshot> take(int process);

  std::span<const ThreadCopy> threads() const;
  // The copied stack, which lies in the process at stackBegin().
  std::span<const std::byte> stackOf(std::size_t thread) const;
  std::uint64_t stackBegin(std::size_t thread) const;

  Time taken() const;           // when the first thread was stopped
  Duration stoppedFor() const;  // from the first stop until the last thread runs on
  std::uint64_t leftOutThreads() const;

 private:
  struct Memory;
  struct Unmap {
    void operator()(Memory* memory) const;
  };
  explicit ThreadSnapshot(Memory* memory) : memory_(memory) {}
  std::unique_ptr<Memory, Unmap> memory_;
};

}  // namespace leptir::stack
