// The stack of the calling thread as raw addresses. Safe in a signal handler: takes no lock and allocates no memory.
#pragma once

#include "link/crash_report.h"

namespace leptir::worker {

// Fills report.addresses and report.frames, beginning with the frame whose address is `from`: the frames above it
// belong to the handler. If no frame has that address, takes all.
void walkStack(std::uint64_t from, link::CrashReport& report);

// Program counter and stack pointer of the code that a signal interrupted; zeros unless on x86-64 or arm64.
struct InterruptedRegisters {
  std::uint64_t pc = 0, sp = 0;
};
InterruptedRegisters readInterruptedRegisters(const void* context);

// As walkStack, beginning with the interrupted code; also after a jump to an address without code.
void walkInterruptedStack(const InterruptedRegisters& interrupted, link::CrashReport& report);

// Copies the lines of /proc/self/maps that name a file into report.maps.
void copyMaps(link::CrashReport& report);

}  // namespace leptir::worker
