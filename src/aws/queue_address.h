// The address of an SQS queue: https://sqs.REGION.amazonaws.com/ACCOUNT/NAME.
#pragma once

#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir::aws {

struct QueueAddress {
  std::string url{};       // the parameter QueueUrl of requests: the text as it was given
  std::string endpoint{};  // where requests are sent to: https://sqs.eu-west-1.amazonaws.com
  std::string region{};    // empty: the host does not say it
  std::string account{};   // empty: the path does not say it
  std::string name{};

  bool isFifo() const { return name.ends_with(".fifo"); }
};

// Hosts of AWS (also old ones as eu-west-1.queue.amazonaws.com, FIPS, dual-stack and interface endpoints, other
// partitions) have their region in the name, and are always spoken to by https. Any other host is an endpoint as it is.
// Invalid: the text is no such address; the message says why.
Result<QueueAddress> parseQueueAddress(std::string_view text);

}  // namespace leptir::aws
