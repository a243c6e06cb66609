// A meta storage of the configuration that is not open yet, see broker/broker_seat.h.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "leptir/simple_meta_storage.h"

namespace leptir {

struct MetaSeat {
  std::string name;
  bool required = true;
  std::string place;  // see Backend::place
  std::function<Result<std::unique_ptr<SimpleMetaStorage>>()> open;
};

// Whether a broker's thread saves the records of its tasks in this storage itself.
inline bool liesBeside(const MetaSeat& storage, const std::string& brokersPlace) {
  return storage.required && !brokersPlace.empty() && storage.place == brokersPlace;
}

}  // namespace leptir
