// Finds the program of a command, and explains why a program cannot be started.
#pragma once

#include <string>
#include <string_view>

#include "leptir/program_spec.h"
#include "leptir/result.h"

namespace leptir::task {

// The PATH of a program: that of its configuration, else of this process, else that of a login shell.
std::string searchPathOf(const ProgramSpec& program);

// The path of `file`. A relative file starts at `directory` (empty: this process's working directory).
std::string resolveProgramPath(const std::string& directory, const std::string& file);
// 0 if this user may execute the file, otherwise the errno that says why not.
int whyNotExecutable(const std::string& file);

// The file to execute: `program` itself if it contains a `/`, otherwise the first executable file of that name in the
// folders of `path`. Relative folders start at `directory` (empty: this process's working directory). Invalid: there is
// no such file; the message has the program and the reason.
Result<std::string> findProgram(std::string_view program, std::string_view path, const std::string& directory);

// Explains why exec of `program` failed with the errno `error`, which does not tell whether the working directory, the
// program or the interpreter of a script was meant. Unavailable: the machine lacks memory, processes or descriptors.
Error whyNotStarted(const std::string& program, const std::string& directory, int error);

// Checks, when an instance starts, whether the working directory and the program of a command exist, and whether this
// user can execute the program with its interpreter or loader (program_format.h). A program whose name contains a
// parameter is not checked. Invalid: the message says what is missing.
Result<void> checkProgram(const ProgramSpec& program);

}  // namespace leptir::task
