// Descriptors 0 to 2 of a program that may have been started with some of them closed.
#pragma once

namespace leptir {

// Opens those that are closed on /dev/null, the wrong way round: reading 0 and writing 1 and 2 fails as it would have
// (EBADF), but no file that is opened later gets their numbers and with them what is meant for stdout or stderr. First
// thing in main.
void openClosedStandardStreams();

// Closes each descriptor above 2 that came through an exec (those lack FD_CLOEXEC), except `kept`: a daemon must not
// hold on to files and locks of the process that started it.
void closeInheritedDescriptors(int kept);

}  // namespace leptir
