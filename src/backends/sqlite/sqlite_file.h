// One database file as one process knows it: what all connections to it in this process share, and the folder beside
// it.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "backends/sqlite/turn_lock.h"
#include "backends/sqlite/waiting_writers.h"
#include "leptir/result.h"

namespace leptir {

// What happens to files and tables that are not there: a command that only looks makes none.
enum class Missing { IsMade, IsNotFound };

// Any thread.
struct SqliteFile {
  std::filesystem::path path;      // real: two names of one file share one SqliteFile
  TurnLock turns;                  // whose transaction is next in this process
  WaitingWriters waiting;          // the other processes; within the turn
  std::atomic<int> dispatchers{};  // brokers open for BrokerUse::Dispatch: their records need no disk of their own

  // Doorbells and session locks.
  std::filesystem::path folder() const { return path.string() + ".d"; }
  std::string where() const { return "sqlite " + path.string(); }
};

// The path without links and dots, for a file that may not exist yet.
std::filesystem::path realPath(const std::filesystem::path& path);

// The file that says whether `instance` lives: it does while somebody holds its lock.
std::filesystem::path sessionLockPath(const std::filesystem::path& database, std::string_view instance);

// The name of a file system that other machines share, by its number in statfs(2); null for a local one.
const char* remoteFileSystem(std::uint32_t magic);

// Makes the file, empty, and its folders, unless they are there, for those who may use them (database_rights.h).
// Invalid, with what to do: the path is too long or no file, the folder cannot be made or written, it lies on a file
// system of another machine (the write-ahead log needs memory that all processes share), or other users' files lie
// beside it. Unavailable: a link that leads to no file, or rights that may change.
Result<void> prepareFiles(const SqliteFile& file);

// NotFound: the file is not there, but can be made. Invalid: as prepareFiles (also of whose database it is), or it
// cannot be looked at.
Result<void> checkIsThere(const SqliteFile& file);

// What commands that look say of a database without a file or tables.
Error notMadeYet(const SqliteFile& file);

}  // namespace leptir
