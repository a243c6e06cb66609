// Times as signatures and HTTP headers have them.
#pragma once

#include <optional>
#include <string>

#include "leptir/clock.h"

namespace leptir::aws {

// 20261130T101500Z.
std::string signingTime(Time time);

// Of a header `Date`. None: it is no date.
std::optional<Time> httpDate(const std::string& text);

}  // namespace leptir::aws
