// Checks whether a process has a certain file open.
#pragma once

namespace leptir::base {

// True if `process` has the same file open that `descriptor` refers to. False also when the process is gone or its
// descriptors may not be read. Use it to verify a process number from a file: a stale number, or one that a stranger
// wrote, belongs to a process that does not have the file open.
bool processHasFileOpen(int process, int descriptor);

}  // namespace leptir::base
