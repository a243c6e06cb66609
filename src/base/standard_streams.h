// Handles standard streams that are closed when the program starts, and descriptors that it inherits.
#pragma once

namespace leptir::base {

// Opens each closed descriptor from 0 to 2 on /dev/null in the wrong direction. Reading from 0 and writing to 1 or 2
// then still fails with EBADF, but no file that is opened later gets one of these numbers and receives output meant for
// stdout or stderr. Call it first in main.
void openClosedStandardStreams();

// Notes which descriptors above 2 are open, and which file each one names. A static constructor in
// standard_streams.cc calls it before main: later the files of the program that starts leptir cannot be told from
// inherited ones, since std::ofstream, fopen and many libraries open without FD_CLOEXEC. Without /proc it notes none.
void noteInheritedDescriptors();

// Closes each noted descriptor that still names the same file and lacks FD_CLOEXEC, except `kept`: a daemon must not
// keep files and locks of the process that started it, and must not close files that its own program opened.
void closeInheritedDescriptors(int kept);

}  // namespace leptir::base
