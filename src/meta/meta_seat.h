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
  std::function<Result<std::unique_ptr<SimpleMetaStorage>>()> open;
};

}  // namespace leptir
