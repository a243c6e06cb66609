// For tests that run the same random operations on a backend and on the reference, and compare all answers.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace leptir::conformance {

// LEPTIR_SEED repeats a run that failed.
inline std::uint64_t seed() {
  const char* const given = std::getenv("LEPTIR_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
}

// Asks the reference (side 0), then the backend (side 1). Empty if they agree, otherwise `what` was asked and both
// answers.
template <class Ask>
std::string differenceOf(const std::string& what, const Ask& ask) {
  const std::string reference = ask(0);
  const std::string tested = ask(1);
  if (reference == tested) return {};
  return what + "\nreference answered: " + reference + "\nbackend answered:   " + tested;
}

}  // namespace leptir::conformance
