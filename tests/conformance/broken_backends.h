// Backends with one mistake each, of the kind that real backends make. The conformance suite must fail on each of them
// (broken_backends_test.cc).
#pragma once

#include <vector>

#include "tests/conformance/backends_under_test.h"

namespace leptir::conformance {

std::vector<BackendUnderTest> brokenBackends();

}  // namespace leptir::conformance
