// What all connections of this process to one database file share, and the path of the folder beside the file.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "backends/sqlite/fair_mutex.h"
#include "backends/sqlite/waiting_writers.h"
#include "leptir/result.h"

namespace leptir::sqlite {

// What happens if the database file or its tables do not exist. Commands that only read report NotFound and make none.
enum class WhenMissing { Create, ReportNotFound };

// Any thread.
struct SqliteFile {
  std::filesystem::path path;             // without links (realPath): all names of one file share one SqliteFile
  FairMutex transactionMutex;             // held by the thread of this process that has a transaction
  WaitingWriters waiting;                 // other processes that wait to write; used while the mutex above is held
  std::atomic<int> dispatchingBrokers{};  // brokers open for BrokerUse::Dispatch; if any, records need no sync

  // The folder with the doorbells and the session locks.
  std::filesystem::path folder() const { return path.string() + ".d"; }
  std::string where() const { return "sqlite " + path.string(); }
};

// The absolute path without symbolic links and dots. The file need not exist.
std::filesystem::path realPath(const std::filesystem::path& path);

// The lock file of `instance`, which lives as long as a process holds the lock (session_lock.h).
std::filesystem::path sessionLockPath(const std::filesystem::path& database, std::string_view instance);

// The name of a file system that other machines share, by its number in statfs(2); null for a local one.
const char* remoteFileSystem(std::uint32_t magic);

// Makes the empty file and its folders unless they exist, with the rights of database_rights.h. Invalid, with advice:
// the path is too long or names no file, the folder cannot be made or written, the file system is on another machine
// (the write-ahead log needs memory that all processes share), or files beside it belong to other users. Unavailable: a
// dangling symbolic link, or missing rights, which an administrator may grant.
Result<void> prepareFiles(const SqliteFile& file);

// Checks the file for a command that only reads, and makes nothing. NotFound: the file does not exist, but could be
// made. Other errors: as prepareFiles, also when another user owns the database, or when stat() fails.
Result<void> checkExists(const SqliteFile& file);

// The error of commands that only read, for a database whose file or tables do not exist.
Error notMadeYet(const SqliteFile& file);

}  // namespace leptir::sqlite
