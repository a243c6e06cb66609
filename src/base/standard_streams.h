// Descriptors 0 to 2 of a program that may have been started with some of them closed.
#pragma once

namespace leptir {

// Opens those that are closed on /dev/null, the wrong way round: reading 0 and writing 1 and 2 fails as it would have
// (EBADF), but no file that is opened later gets their numbers and with them what is meant for stdout or stderr. First
// thing in main.
void openClosedStandardStreams();

// Notes which descriptors above 2 are open, and which file each one names. A static constructor in
// standard_streams.cc calls it before main: later the files of the program that starts leptir cannot be told from
// inherited ones, since std::ofstream, fopen and many libraries open without FD_CLOEXEC. Without /proc it notes none.
void noteInheritedDescriptors();

// Closes each noted descriptor that still names the same file and lacks FD_CLOEXEC, except `kept`: a daemon must not
// keep files and locks of the process that started it, and must not close files that its own program opened.
void closeInheritedDescriptors(int kept);

}  // namespace leptir
