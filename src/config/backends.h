// The backends that a configuration may name in `type:`.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/spi/backend.h"

namespace leptir::config {

// An object that opens stores keeps this alive as long as its stores.
class Backends {
 public:
  explicit Backends(std::vector<std::unique_ptr<Backend>> all) : all_(std::move(all)) {}

  // Null: no backend has this type.
  Backend* find(std::string_view type) const;
  std::vector<std::string_view> types() const;

 private:
  std::vector<std::unique_ptr<Backend>> all_;
};

// Completes `given` with the defaults of the keys that it does not have.
Json withDefaults(Json given, std::span<const ConfigKey> keys);

}  // namespace leptir::config
