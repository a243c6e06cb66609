// The partitions of AWS: groups of regions, each with domains of its own.
#pragma once

#include <string>
#include <string_view>

namespace leptir::aws {

// amazonaws.com, or amazonaws.com.cn for the regions of China, …
inline std::string domainOfRegion(std::string_view region) {
  if (region.starts_with("cn-")) return "amazonaws.com.cn";
  if (region.starts_with("us-iso-")) return "c2s.ic.gov";
  if (region.starts_with("us-isob-")) return "sc2s.sgov.gov";
  if (region.starts_with("us-isof-")) return "csp.hci.ic.gov";
  if (region.starts_with("eu-isoe-")) return "cloud.adc-e.uk";
  if (region.starts_with("eusc-")) return "amazonaws.eu";
  return "amazonaws.com";
}

}  // namespace leptir::aws
