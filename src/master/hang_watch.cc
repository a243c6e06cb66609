#include "master/hang_watch.h"

namespace leptir::master {
namespace {

// A worker whose start hooks take longer is taken to hang, and is replaced.
constexpr Duration kWorkerStartTimeout = std::chrono::minutes(10);

}  // namespace

void HangWatch::begin(BootTime now) {
  started_ = awaitedSince_ = now;
  stalls_.begin(now);
  awaited_.reset();
}

std::string HangWatch::check(const link::CellScan& scan, const Expectation& expected, BootTime now) {
  if (stalls_.stallBefore(now) > Duration::zero()) awaitedSince_ = now;
  if (slot_.workerReady() == 0) {
    awaited_.reset();
    awaitedSince_ = now;
    return now - started_ > kWorkerStartTimeout ? "did not become ready and is replaced" : "";
  }
  const auto before = std::exchange(awaited_, findAwaited(scan, expected, now));
  if (!awaited_ || awaited_ != before) awaitedSince_ = now;
  if (now - awaitedSince_ <= expected.longestWait) return "";
  if (expected.exits) return "does not exit and is killed";
  return "has not started its assigned " + std::string(expected.whatItRuns) + " and is replaced";
}

std::optional<HangWatch::Awaited> HangWatch::findAwaited(const link::CellScan& scan, const Expectation& expected,
                                                         BootTime now) const {
  if (scan.running) return std::nullopt;
  if (expected.exits) return Awaited{link::kCells, link::CellWord{}};
  if (!scan.firstAssigned || !expected.begins) return std::nullopt;
  const auto cell = *scan.firstAssigned;
  const auto& header = slot_.assignments().header(cell);
  if (!link::mayBegin(page_, header.broker, header.epoch, now)) return std::nullopt;
  return Awaited{cell, slot_.word(cell)};
}

}  // namespace leptir::master
