// Where leptir keeps its files on this machine. Only makeFolderFor creates anything.
//
// State lies in $XDG_STATE_HOME/leptir, else for root in /var/lib/leptir, else in ~/.local/state/leptir. Pid files and
// status boards lie there too; for root in /run/leptir (unless XDG_STATE_HOME is set, or /run cannot be written).
#pragma once

#include <filesystem>
#include <string>

#include "leptir/config.h"
#include "leptir/result.h"

namespace leptir::config {

// Invalid: neither XDG_STATE_HOME nor HOME is an absolute path; says what to set.
Result<std::filesystem::path> stateFolder();
// The folder of pid files and status boards.
Result<std::filesystem::path> runFolder();
// `leptir.db` in the state folder: tasks and records when no configuration names a store.
Result<std::filesystem::path> defaultDatabase();

// Tells the instances of one machine apart: 16 hex digits made of the configuration file's real path, or `default`
// without a configuration file.
std::string instanceKey(const Config& config);
// `<instance key>.pid` in the run folder.
Result<std::filesystem::path> pidFileFor(const Config& config);
// `<key>.alias` in the run folder, with a key made of the path as it was given. By it, an instance is found by the path
// that it was started with, even if that path now is a symbolic link to another file, or is gone. An empty path: the
// configuration was not read from a file, so it needs no alias.
Result<std::filesystem::path> aliasFileFor(const Config& config);

// Beside the pid file, wherever that is: `x.board` for `x.pid`, so that `--pid` finds both.
std::filesystem::path statusBoardBeside(const std::filesystem::path& pidFile);

// Makes the folder of `file`, and what is missing above it; only its owner may enter. Invalid: it cannot be made, or
// another user owns leptir's own folder; the message names it. Unavailable: it cannot be made for lack of rights, space
// or memory, which may pass.
Result<void> makeFolderFor(const std::filesystem::path& file);
// Whether makeFolderFor could make that folder, and this user a file in it; creates nothing. Errors: as makeFolderFor.
Result<void> checkFolderFor(const std::filesystem::path& file);

}  // namespace leptir::config
