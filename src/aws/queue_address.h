// The address of a queue of Amazon SQS, and the endpoint and region that follow from it.
#pragma once

#include <string>

#include "leptir/result.h"

namespace leptir::aws {

struct QueueAddress {
  std::string url{};       // as configured: it names the queue in each request
  std::string endpoint{};  // where requests go: https://sqs.eu-west-1.amazonaws.com
  std::string region{};    // for the signature
  std::string name{};      // the last part of the path

  bool isFifo() const { return name.ends_with(".fifo"); }
};

// Reads https://sqs.REGION.amazonaws.com/ACCOUNT/NAME and its other forms (REGION.queue.amazonaws.com,
// queue.amazonaws.com, amazonaws.com.cn, FIPS and dual-stack hosts). `region` and `endpoint` are those of the
// configuration, and win over the address; empty: not configured. Invalid: the address is none of a queue, or its host
// names no region and none is configured.
Result<QueueAddress> readQueueAddress(const std::string& url, const std::string& region, const std::string& endpoint);

}  // namespace leptir::aws
