// A request of JsonClient from start() to take().
#pragma once

#include <memory>
#include <optional>

#include "aws/json_client.h"
#include "aws/signed_transfer.h"
#include "leptir/clock.h"

namespace leptir::aws {

struct PendingRequest {
  JsonRequest request{};
  BootTime deadline{};
  std::unique_ptr<SignedTransfer> transfer{};   // while it is in flight
  std::optional<Result<JsonAnswer>> outcome{};  // of the last send
  bool hasEnded = false;                        // then `outcome` is the result
  int sends = 0;                                // that the service may have seen
  int failedConnections = 0;
  int corrections = 0;  // of the clock or the credentials
};

}  // namespace leptir::aws
