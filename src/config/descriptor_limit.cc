#include "config/descriptor_limit.h"

#include <fmt/format.h>

#include <algorithm>

namespace leptir::config {
namespace {

// Per worker two wake-up descriptors, its stderr and its process; per store connections, locks and doorbells.
constexpr std::uint64_t kPerWorker = 4, kPerBroker = 12, kPerMetaStorage = 6, kBaseDescriptors = 32;

}  // namespace

std::uint64_t descriptorsNeededBy(const Config& config) {
  return kBaseDescriptors + kPerWorker * static_cast<std::uint64_t>(std::max(config.daemon.numberOfWorkers, 0)) +
         (config.errorReporters.empty() ? 0 : kPerWorker) + kPerBroker * config.brokers.size() +
         kPerMetaStorage * config.metaStorages.size() + config.loggers.size();
}

DescriptorLimit::DescriptorLimit() {
  if (::getrlimit(RLIMIT_NOFILE, &found_) != 0) found_ = {RLIM_INFINITY, RLIM_INFINITY};
}

Result<void> DescriptorLimit::raiseFor(const Config& config) const {
  const auto needed = descriptorsNeededBy(config);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return {};
  if (limit.rlim_max >= needed) {
    limit.rlim_cur = needed;
    if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  }
  return Error(
      ErrorCode::Invalid,
      fmt::format("this configuration needs {} descriptors ({} for each of its {} workers), and this process may have "
                  "{}: raise the limit (ulimit -n {}, or LimitNOFILE={} of systemd), or lower number_of_workers",
                  needed, kPerWorker, config.daemon.numberOfWorkers, limit.rlim_max, needed, needed));
}

void DescriptorLimit::restore() const {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur != found_.rlim_cur) {
    now.rlim_cur = std::min(found_.rlim_cur, now.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
}

}  // namespace leptir::config
