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

Result<config::ConfigText> config::readConfigText(const std::filesystem::path& file) {
  auto read = base::readFile(file, kMaxConfigBytes);
  if (!read) return read.error();
  // The owner of the file itself counts: a symbolic link to it (current -> releases/2) may belong to another user.
  if (!base::isTrustedOwner(read->info.st_uid)) {
    return Error(
        ErrorCode::Invalid,
        fmt::format("{}: belongs to {}, who could make leptir run any program as {}: give it to root or to the "
                    "user that leptir runs as (chown), or run leptir as its owner",
                    file.string(), base::describeUser(read->info.st_uid), base::describeUser(::geteuid())));
  }
  if ((read->info.st_mode & S_IWOTH) != 0) {
    return Error(
        ErrorCode::Invalid,
        fmt::format("{}: every user of this machine may write it, and could make leptir run any program: chmod o-w {}",
                    file.string(), file.string()));
  }
  return config::ConfigText{std::move(read->text), file};
}

Result<Config> config::configOf(const config::ConfigText& read, const BackendRegistry& ownBackends,
                                const ReporterRegistry* reporters, MissingValues missing) {
  if (!ownBackends.mistakes().empty()) return Error(ErrorCode::Invalid, ownBackends.mistakes().front());
  auto config = config::readConfig(read.text, read.file, config::allBackends(ownBackends), reporters, missing);
  if (config) config->backends = ownBackends;
  return config;
}

Result<Config> loadConfig(const std::filesystem::path& file, const BackendRegistry& backends,
                          const ReporterRegistry* reporters) {
  const auto read = config::readConfigText(file);
  if (!read) return read.error();
  return config::configOf(*read, backends, reporters);
}

Result<Config> defaultConfig() {
  const auto backends = config::allBackends({});
  auto broker = config::defaultBroker(backends);
  if (!broker) return broker.error();
  auto storage = config::defaultMetaStorage(backends);
  if (!storage) return storage.error();

  Config config;
  config.brokers.push_back(std::move(*broker));
  config.metaStorages.push_back(std::move(*storage));
  config.loggers.push_back(config::defaultLogger());
  config.daemon.numberOfWorkers =
      std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, base::kMaxWorkers);
  return config;
}

}  // namespace leptir
