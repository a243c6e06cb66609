// Cleans up after an instance that had our pid file before us and was killed: ends what it left on this machine.
#pragma once

#include <filesystem>
#include <string>

#include "leptir/logger.h"

namespace leptir::instance {

// Kills the processes that its tasks started and that still run, as far as they can be recognized (by the instance
// mark, LEPTIR_SESSION). Its name stands in the status board that it left. Answers that name once all of them are gone;
// empty: there was no such instance, or a process of it still lives. Call it when the pid file is ours, before our
// board is made.
std::string cleanUpPredecessor(const std::filesystem::path& boardFile, const Logger& logger);

}  // namespace leptir::instance
