#include "worker/stack_walk.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include <cerrno>

namespace leptir::worker {
namespace {

struct Walk {
  link::CrashReport& report;
  std::uint64_t from;
  bool begun;
};

_Unwind_Reason_Code noteFrame(_Unwind_Context* context, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  int isExact = 0;  // false for a return address, which may already belong to the next line or the next function
  const std::uint64_t address = _Unwind_GetIPInfo(context, &isExact);
  if (address == walk.from) walk.begun = true;
  if (!walk.begun || address == 0) return _URC_NO_REASON;
  if (walk.report.frames == link::kMaxCrashFrames) return _URC_END_OF_STACK;
  walk.report.addresses[walk.report.frames++] = isExact != 0 ? address : address - 1;
  return _URC_NO_REASON;
}

bool canRead(std::uint64_t address, void* into, std::size_t bytes) {
  const iovec local{into, bytes};
  const iovec remote{reinterpret_cast<void*>(address), bytes};  // NOLINT(performance-no-int-to-ptr): of a register
  return ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
}

bool isUnmapped(std::uint64_t pc) {
  char code = 0;
  return !canRead(pc, &code, 1) && errno == EFAULT;
}

}  // namespace

void walkStack(std::uint64_t from, link::CrashReport& report) {
  report.frames = 0;
  Walk walk{report, from, false};
  _Unwind_Backtrace(noteFrame, &walk);
  if (report.frames > 0) return;
  walk.begun = true;
  _Unwind_Backtrace(noteFrame, &walk);
}

InterruptedRegisters readInterruptedRegisters(const void* context) {
  [[maybe_unused]] const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return {static_cast<std::uint64_t>(machine.gregs[REG_RIP]), static_cast<std::uint64_t>(machine.gregs[REG_RSP])};
#elif defined(__aarch64__)
  return {machine.pc, machine.sp};
#else
  return {};
#endif
}

void walkInterruptedStack(const InterruptedRegisters& interrupted, link::CrashReport& report) {
  if (!isUnmapped(interrupted.pc)) return walkStack(interrupted.pc, report);
  // The unwinder would read code at that address, which is not mapped. The return address of the jump is on the stack.
  report.addresses[0] = interrupted.pc;
  report.frames = 1;
  std::uint64_t caller = 0;
  if (!canRead(interrupted.sp, &caller, sizeof caller)) return;
  report.addresses[1] = caller - 1;
  report.frames = 2;
}

void copyMaps(link::CrashReport& report) {
  report.mapsBytes = 0;
  const int file = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;  // CrashSymbolizer then uses its own memory map, which is nearly the same
  char buffer[2048];
  std::size_t line = 0, end = 0;
  bool named = false, full = false;
  for (ssize_t bytes = 0; !full && (bytes = ::read(file, buffer, sizeof buffer)) > 0;) {
    for (ssize_t i = 0; i < bytes && !full; ++i) {
      report.maps[end++] = buffer[i];
      named |= buffer[i] == '/';
      if (buffer[i] == '\n') {
        if (!named) end = line;
        line = end;
        named = false;
      }
      full = end == link::kCrashMapsBytes;
    }
  }
  ::close(file);
  report.mapsBytes = static_cast<std::uint32_t>(line);
}

}  // namespace leptir::worker
