#include "instance/store_check.h"

#include "base/exit_code.h"
#include "config/assemble.h"

namespace leptir::instance {

int checkStores(const Config& config, const std::function<void(const std::string&)>& report) {
  config::Stores stores(config);
  int status = 0;
  const auto tryStore = [&](const auto& opened, const std::string& name) {
    const auto usable = opened ? (*opened)->checkRights() : Result<void>(opened.error());
    if (usable) return;
    const bool down = usable.error().code() == ErrorCode::Unavailable;
    report(name + ": " + usable.error().message() + (down ? " (will be tried again)" : ""));
    if (!down) status = base::kExitStoreUnusable;
  };
  for (const auto& factory : stores.brokerFactories()) tryStore(factory.open(), factory.name);
  for (const auto& factory : stores.metaStorageFactories()) tryStore(factory.open(), factory.name);
  return status;
}

}  // namespace leptir::instance
