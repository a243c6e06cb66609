// What `status` tells of an instance and its brokers at one moment.
#pragma once

#include <optional>
#include <string>

#include "cli/store_wait.h"
#include "instance/find_instance.h"
#include "leptir/broker.h"
#include "leptir/config.h"
#include "leptir/json.h"

namespace leptir::cli {

using FoundInstance = Result<std::optional<link::BoardInstance>>;

struct StatusReport {
  Json json{};           // what `status --json` prints
  std::string tables{};  // brokers, sessions and workers, for people; begins with an empty line
};

// The brokers of a configuration; their stores stay open between two reports. `config` must outlive it.
class BrokersOfStatus {
 public:
  explicit BrokersOfStatus(const Config& config);

 private:
  friend StatusReport reportStatus(const FoundInstance& found, BrokersOfStatus* brokers);
  const Config& config_;
  const StoreWait wait_;
  Result<Broker> broker_;
};

// For example "running as 123 for 4.0 s, 2 tasks done, 0 of them failed", with a line end.
std::string instanceLine(const FoundInstance& found);
// Asks the brokers. Null: they are not known, and left out.
StatusReport reportStatus(const FoundInstance& found, BrokersOfStatus* brokers);

}  // namespace leptir::cli
