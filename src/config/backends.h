// The backends that somebody may name in `type:`.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/backend.h"

namespace leptir {

// Whoever opens stores keeps this alive as long as they.
class Backends {
 public:
  explicit Backends(std::vector<std::unique_ptr<Backend>> all) : all_(std::move(all)) {}

  // Null: there is none of this type.
  Backend* find(std::string_view type) const;
  std::vector<std::string_view> types() const;

 private:
  std::vector<std::unique_ptr<Backend>> all_;
};

// `given` with the default of each key that it does not have.
Json withDefaults(Json given, std::span<const ConfigKey> keys);

}  // namespace leptir
