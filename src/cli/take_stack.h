// `leptir take-stack PID ID`, which leptir itself calls (base/stack_taker.h): not a command of users.
#pragma once

namespace leptir::cli {

// Prints the stack of the worker, or of the program that it runs for the task, as JSON. Returns the exit status; after
// an error the message is on stdout.
int takeStack(const char* worker, const char* taskId);

}  // namespace leptir::cli
