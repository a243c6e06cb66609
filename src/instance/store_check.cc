#include "instance/store_check.h"

#include "config/assemble.h"
#include "dispatcher/dispatcher.h"

namespace leptir {

int checkStores(const Config& config, const std::function<void(const std::string&)>& say) {
  Stores stores(config);
  int status = 0;
  const auto look = [&](const auto& opened, const std::string& name) {
    const auto usable = opened ? (*opened)->tryRights() : Result<void>(opened.error());
    if (usable) return;
    const bool down = usable.error().code() == ErrorCode::Unavailable;
    say(name + ": " + usable.error().message() + (down ? " (will be tried again)" : ""));
    if (!down) status = kExitStoreUnusable;
  };
  for (const auto& seat : stores.brokerSeats()) look(seat.open(), seat.name);
  for (const auto& seat : stores.metaSeats()) look(seat.open(), seat.name);
  return status;
}

}  // namespace leptir
