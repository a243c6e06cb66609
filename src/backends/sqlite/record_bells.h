// The doorbells of processes that wait for records (doorbell.h). They hang in a folder of their own, which exists only
// while a process waits: so saving records costs one failed open() while no process does.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "backends/sqlite/doorbell.h"
#include "leptir/result.h"
#include "leptir/spi/record_watch.h"

namespace leptir::sqlite {

// The folder of these doorbells. `folder` is SqliteFile::folder().
std::filesystem::path recordBellsFolder(const std::filesystem::path& folder);

// Rings the doorbells of all processes that wait for records. One thread. Never fails, as DoorbellRinger.
class RecordBellRinger {
 public:
  explicit RecordBellRinger(const std::filesystem::path& folder)
      : folder_(recordBellsFolder(folder)), ringer_(folder_) {}

  void ring();

 private:
  std::filesystem::path folder_;
  DoorbellRinger ringer_;
};

class SqliteRecordWatch final : public RecordWatch {
 public:
  // Unavailable: no socket can be made in the folder.
  static Result<std::unique_ptr<RecordWatch>> begin(const std::filesystem::path& folder);
  ~SqliteRecordWatch() override { suspend(); }

  Result<RecordNews> wait(Duration longest, Wake& wake) override;
  void suspend() override;

 private:
  explicit SqliteRecordWatch(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<void> makeBell();

  std::filesystem::path folder_;  // SqliteFile::folder()
  std::optional<Doorbell> bell_;  // empty: suspended
};

}  // namespace leptir::sqlite
