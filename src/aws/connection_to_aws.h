// How connections to services of AWS are made.
#pragma once

#include <string>

#include "http/connection.h"

namespace leptir::aws {

// With the authorities in `caFile`, else those that the variable AWS_CA_BUNDLE names, else the system's.
http::Connection connectionToAws(const std::string& caFile, Duration connectTimeout = std::chrono::seconds(3));

}  // namespace leptir::aws
