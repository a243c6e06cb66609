// SettleGathering: whether a feeder settles its batches now, or gathers further ones first. A store that is paid by the
// request takes ten acknowledgements in one request.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

#include "dispatcher/settle_batch.h"
#include "leptir/clock.h"

namespace leptir::dispatcher {

// Used by the feeder's thread only. The records of the batches are saved already, so that nothing but the store learns
// of an acknowledgement later.
class SettleGathering {
 public:
  // The most acknowledgements of one request, and the longest wait for them.
  static constexpr std::size_t kMaxAcknowledgementsPerRequest = 10;
  explicit SettleGathering(Duration longest) : longest_(longest) {}

  // Tasks of this session were leased.
  void noteLeased(std::size_t tasks) { leased_ += tasks; }
  // A batch of this session was settled.
  void noteSettled(const SettleBatch& batch) { leased_ -= std::min(leased_, leasesIn(batch)); }
  // A session was opened, without leases.
  void noteOpened() { leased_ = 0; }

  // How long `batches` of the session `epoch` wait for further ones. None: they are to be settled now, since they fill
  // a request, another operation than an acknowledgement is due, or no further task is leased that could end.
  std::optional<Duration> remaining(const std::deque<std::shared_ptr<SettleBatch>>& batches, std::uint64_t epoch,
                                    BootTime now) {
    const bool mayWait = !batches.empty() && batches.size() < kMaxGatheredBatches && isPartialRequest(batches, epoch);
    if (!mayWait) since_.reset();
    if (!mayWait) return std::nullopt;
    if (!since_) since_ = now;
    const auto left = longest_ - (now - *since_);
    if (left > Duration::zero()) return left;
    since_.reset();
    return std::nullopt;
  }

 private:
  // With so many batches nothing more is gathered: the core has at most 10 at the stores (settle_batches.cc).
  static constexpr std::size_t kMaxGatheredBatches = 8;

  static std::size_t leasesIn(const SettleBatch& batch) {
    return batch.acknowledge.size() + batch.release.size() + batch.bury.size();
  }
  bool isPartialRequest(const std::deque<std::shared_ptr<SettleBatch>>& batches, std::uint64_t epoch) const {
    std::size_t leases = 0;
    for (const auto& batch : batches) {
      const bool onlyAcknowledges = batch->release.empty() && batch->bury.empty() && batch->leaseAgain.empty();
      if (batch->epoch != epoch || !onlyAcknowledges || batch->acknowledge.empty()) return false;
      leases += batch->acknowledge.size();
    }
    return leases < kMaxAcknowledgementsPerRequest && leases < leased_;
  }

  const Duration longest_;
  std::size_t leased_ = 0;         // tasks that are not settled
  std::optional<BootTime> since_;  // when the oldest batch that waits was seen first
};

}  // namespace leptir::dispatcher
