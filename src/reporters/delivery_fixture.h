// For the tests of this module.
#pragma once

#include <string>

#include "http/delivery_fixture.h"
#include "leptir/json.h"

namespace leptir::reporters {

// What a reporter says of options in a configuration.
template <class Reporter>
std::string messageOf(const Json& options) {
  const auto checked = Reporter::checkOptions(options);
  return checked ? "they are good" : checked.error().message();
}

}  // namespace leptir::reporters
