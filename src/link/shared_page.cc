#include "link/shared_page.h"

namespace leptir::link {

bool mayBegin(const SharedPage& page, std::uint32_t broker, std::uint64_t epoch, BootTime now) {
  if (broker == kNoBroker) return true;
  if (broker >= base::kMaxBrokers) return false;
  const auto& line = page.brokers[broker];
  if (line.epoch.load(std::memory_order_acquire) != epoch) return false;
  const auto ends = line.leaseEndsBoot.load(std::memory_order_acquire);
  return ends == SharedSession::kNever || now + page.leaseTimes.termBeforeEnd() < BootTime(Duration(ends));
}

}  // namespace leptir::link
