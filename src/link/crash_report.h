// The crash report of a worker: raw addresses and short texts that a signal handler of the dying worker writes into its
// slot. It is not trusted: the master copies it and checks all sizes; a child of the master symbolizes the addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace leptir::link {

enum class CrashReportKind : std::uint32_t {
  None,           // no report: the worker was killed by SIGKILL or ended by _exit
  Signal,         // a fatal signal, caused by its own code or sent by a process
  StackOverflow,  // SIGSEGV just below the stack
  Exception,      // std::terminate with an uncaught exception
  Terminate,      // std::terminate without an exception
  Exit,           // exit() was called
  QuickExit,      // quick_exit() was called
  Stopped,        // no crash: the stack of the task when the master asked it to stop
};

inline constexpr std::size_t kMaxCrashFrames = 128;
inline constexpr std::size_t kCrashTextBytes = 512;
inline constexpr std::size_t kCrashMapsBytes = 64 * 1024;

struct CrashReport {
  CrashReportKind kind;  // written last (release), when all other fields are complete
  std::int32_t pid;      // of the worker that wrote the report
  std::int32_t signal;
  std::int32_t signalSender;   // pid of the process that sent the signal; zero: the worker's own code caused it
  std::int32_t exitCode;       // where `kind` is Exit
  std::uint64_t faultAddress;  // of a memory fault
  std::uint32_t frames;
  std::uint64_t addresses[kMaxCrashFrames];  // innermost first; each lies inside the instruction, not behind it
  char exceptionType[kCrashTextBytes];       // mangled
  char exceptionText[kCrashTextBytes];       // what()
  std::uint32_t mapsBytes;
  char maps[kCrashMapsBytes];  // the lines of /proc/self/maps that name a file
};

// Master, after the worker `pid` died: a copy of the report in its slot, with every size checked. Null: this worker
// wrote none.
std::unique_ptr<CrashReport> copyCrashReport(CrashReport& report, int pid);

}  // namespace leptir::link
