// The text by which a process names itself in a fleet store, so that other processes can tell whether it still runs.
#pragma once

#include <sys/types.h>

#include <string>

#include "leptir/json.h"

namespace leptir::operations {

// JSON with `by`, which is user@host, and the host, pid, namespace of processes and start time of this process;
// different in each call.
std::string textOfThisProcess(const std::string& by);
// Whether the text names a process of this machine that does not exist any more.
bool isOfDeadProcess(const std::string& text);
bool isOfThisProcess(const std::string& text);

// Members of such a text that is parsed; empty, or 0: it has none.
std::string textMember(const Json& process, const char* key);
pid_t pidMember(const Json& process);

}  // namespace leptir::operations
