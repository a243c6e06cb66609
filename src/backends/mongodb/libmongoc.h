// libmongoc as a whole, in this process.
#pragma once

namespace leptir::mongodb {

// Initializes libmongoc, and silences its log, which would go to stderr: what its messages say comes back as errors as
// well. It is called before each first use of libmongoc, in the process that opens stores: never in one that forks such
// processes. Any thread; only the first call does something. Nothing is ever cleaned up: the program may use libmongoc
// for itself, too.
void initializeLibmongoc();

// Removes the file of counters that libmongoc makes in /dev/shm when a program is loaded (for its tool mongoc-stat, and
// 4 KiB). Otherwise each process that is killed would leave one. The counters themselves go on.
void removeCounterFile();

}  // namespace leptir::mongodb
