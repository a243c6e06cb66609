// The instance that had our pid file before us, when it was killed: what it left on this machine.
#pragma once

#include <filesystem>
#include <string>

#include "leptir/logger.h"

namespace leptir {

// Ends what its tasks started and nobody ended, as far as it can be told (the mark, LEPTIR_SESSION). The board that it
// left behind says its name. Answers that name once nothing of it is left; empty: there was none, or something lives.
// Call it when the pid file is ours, before there is a board of ours.
std::string endPredecessor(const std::filesystem::path& boardFile, const Logger& logger);

}  // namespace leptir
