// Where the program of a command is found, and why it cannot be started when it cannot.
#pragma once

#include <string>
#include <string_view>

#include "leptir/program_spec.h"
#include "leptir/result.h"

namespace leptir {

// The PATH of a program's tasks where neither the configuration nor our environment has one.
inline constexpr const char* kUsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// `file`, which counts from `directory` where it is relative (empty: from our own).
std::string fileFrom(const std::string& directory, const std::string& file);
// 0, or the errno for which this user may not execute the file.
int whyNotExecutable(const std::string& file);

// The file to execute: `program` itself when it has a `/`, otherwise the first executable file of that name in the
// folders of `path`. What is relative counts from `directory` (empty: from our own). Invalid: there is none; names the
// program and the reason.
Result<std::string> findProgram(std::string_view program, std::string_view path, const std::string& directory);

// Why `program` could not be executed, given the errno of exec, which does not say whether the folder, the program or
// the interpreter of a script was meant. Unavailable: the machine lacks memory, processes or descriptors.
Error whyNotStarted(const std::string& program, const std::string& directory, int error);

// Before a task needs it: whether the folder and the program of a command exist and could be executed by this user,
// with what the program needs (program_format.h). A program whose name holds a parameter is not looked at. Invalid:
// says what is missing.
Result<void> checkProgram(const ProgramSpec& program);

}  // namespace leptir
