#include "backends/sqlite/read_only_database.h"

#include <fmt/format.h>

#include <system_error>

namespace leptir::sqlite {
namespace {

constexpr auto kAdvice =
    "; let the user that leptir runs as read and write the file and its folder, or choose another path";

}  // namespace

ReadMode readMode(const SqliteFile& file) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file.path.string() + "-wal", error);
  const bool hasLog = !error;
  const bool hasIndex = std::filesystem::exists(file.path.string() + "-shm", error);
  if (hasLog && hasIndex) return ReadMode::Shared;
  return hasLog && bytes > 0 ? ReadMode::Impossible : ReadMode::Immutable;
}

std::string immutableUri(const SqliteFile& file) {
  std::string uri = "file:";
  for (const char each : file.path.string()) {
    const bool isSpecial = each == '%' || each == '?' || each == '#';
    uri += isSpecial ? fmt::format("%{:02x}", static_cast<unsigned char>(each)) : std::string(1, each);
  }
  return uri + "?immutable=1";
}

Error cannotBeWritten(const SqliteFile& file) {
  return Error(ErrorCode::Unavailable, file.where() + ": can be read, but not written" + kAdvice);
}

Error logCannotBeRead(const SqliteFile& file) {
  return Error(ErrorCode::Unavailable,
               file.where() + ": its log (-wal) holds commits that only a user who may write it can read" + kAdvice);
}

}  // namespace leptir::sqlite
