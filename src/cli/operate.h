// What the commands of operators share: they open Operations, and report what a store could not answer.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/operations.h"
#include "leptir/run_main.h"

namespace leptir::cli {

// Reads the configuration, opens Operations and runs the command; returns its exit status, or that of the error.
int operate(const std::filesystem::path& config, const Program& program,
            const std::function<int(Operations&, const Config&)>& run);

// Prints each error on stderr. Returns 0 if there is none or all only say what a store cannot do, else 1.
int printStoreErrors(std::span<const Error> errors);

// The exit status for an error of Operations, which is printed: 2 for wrong input.
int failOperation(std::string_view command, const Error& error);

// The errors as a JSON list of texts.
Json errorsJson(std::span<const Error> errors);
Json timeJson(Time time);  // Unix seconds; null for an unknown time

}  // namespace leptir::cli
