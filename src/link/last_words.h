// What a dying worker still says, in its slot: raw numbers and short texts, written by a signal handler. Nobody
// believes more of it than fits: the master takes a copy, checked for size, and a child of the master makes names of
// the addresses.
#pragma once

#include <cstddef>
#include <cstdint>

namespace leptir {

enum class LastWordsKind : std::uint32_t {
  None,           // it was killed, or left by _exit
  Signal,         // of its own doing, or sent
  StackOverflow,  // SIGSEGV just below the stack
  Exception,      // std::terminate with an exception that nobody caught
  Terminate,      // std::terminate without one
  Exit,           // exit() was called
  QuickExit,      // quick_exit() was called
  Stopped,        // not dying: where the task was when the master asked it to stop
};

inline constexpr std::size_t kLastFrames = 128;
inline constexpr std::size_t kLastTextBytes = 512;
inline constexpr std::size_t kLastMapsBytes = 64 * 1024;

struct LastWords {
  LastWordsKind kind;  // written last (release): what stands beside it is whole then
  std::int32_t pid;    // who says it
  std::int32_t signal;
  std::int32_t sender;         // the process that sent the signal; zero: its own code did
  std::int32_t exitCode;       // of Exit
  std::uint64_t faultAddress;  // of a memory fault
  std::uint32_t frames;
  std::uint64_t addresses[kLastFrames];  // innermost first; each lies inside the instruction that it speaks of
  char exceptionType[kLastTextBytes];    // as the compiler mangled it
  char exceptionText[kLastTextBytes];    // what()
  std::uint32_t mapsBytes;
  char maps[kLastMapsBytes];  // the lines of /proc/self/maps that name a file
};

}  // namespace leptir
