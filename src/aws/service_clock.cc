#include "aws/service_clock.h"

#include "aws/signing_time.h"

namespace leptir::aws {
namespace {

bool isTooFarOff(Duration difference) {
  constexpr Duration kTolerated = std::chrono::minutes(4);
  return difference >= kTolerated || difference <= -kTolerated;
}

}  // namespace

bool ServiceClock::correct(const std::string& date, Time used) {
  const auto time = httpDate(date);
  if (!time) return false;
  const auto difference = *time - now();
  if (isTooFarOff(difference)) skew_ += difference;
  return isTooFarOff(*time - used);
}

}  // namespace leptir::aws
