// The two ways to a Config: from a file, and without one.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/limits.h"
#include "base/private_file.h"
#include "base/read_file.h"
#include "config/assemble.h"
#include "config/config_reader.h"
#include "config/config_text.h"
#include "config/defaults.h"

namespace leptir {
namespace {

constexpr std::size_t kMaxConfigBytes = 1 << 20;

}  // namespace

Result<ConfigText> readConfigText(const std::filesystem::path& file) {
  auto read = readFile(file, kMaxConfigBytes);
  if (!read) return read.error();
  // The file itself: a symbolic link to it (current -> releases/2) may be of any user who can write in its folder.
  if (!isTrustedOwner(read->info.st_uid)) {
    return Error(
        ErrorCode::Invalid,
        fmt::format("{}: belongs to {}, who could make leptir run any program as {}: give it to root or to the "
                    "user that leptir runs as (chown), or run leptir as its owner",
                    file.string(), userText(read->info.st_uid), userText(::geteuid())));
  }
  if ((read->info.st_mode & S_IWOTH) != 0) {
    return Error(
        ErrorCode::Invalid,
        fmt::format("{}: anybody on this machine may write it, and could make leptir run any program: chmod o-w {}",
                    file.string(), file.string()));
  }
  return ConfigText{std::move(read->text), file};
}

Result<Config> configOf(const ConfigText& read) {
  return readConfig(read.text, read.file, allBackends());
}

Result<Config> loadConfig(const std::filesystem::path& file) {
  const auto read = readConfigText(file);
  if (!read) return read.error();
  return configOf(*read);
}

Result<Config> defaultConfig() {
  const auto backends = allBackends();
  auto broker = defaultBroker(backends);
  if (!broker) return broker.error();
  auto storage = defaultMetaStorage(backends);
  if (!storage) return storage.error();

  Config config;
  config.brokers.push_back(std::move(*broker));
  config.metaStorages.push_back(std::move(*storage));
  config.loggers.push_back(defaultLogger());
  config.daemon.numberOfWorkers = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMaxWorkers);
  return config;
}

}  // namespace leptir
