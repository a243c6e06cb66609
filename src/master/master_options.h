// What the caller of a master decides: its numbers, the main functions of its children, and the steps of a reload.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "leptir/clock.h"

namespace leptir::master {

struct MasterOptions {
  int workers = 1;
  bool reportsErrors = false;   // an error reporter is configured: a worker in the slot kReportSlot runs the reports
  std::string metricsListen{};  // where a child serves metrics; empty: there is no such child
  Duration killGrace = std::chrono::seconds(1);
  std::optional<Duration> shutdownGrace;  // none: running tasks may take as long as they like
  // An idle worker that does not begin its assigned task for so long is replaced.
  Duration workerHangTimeout = std::chrono::seconds(5);
  // A dispatcher whose last beat is older is replaced.
  Duration dispatcherHangTimeout = std::chrono::seconds(15);
  // A metrics server that has not shown for so long that it makes progress is replaced.
  Duration metricsServerHangTimeout = std::chrono::seconds(20);
  // How long the dispatcher may take to settle once no task may run any more. Its own limits are shorter; after this
  // time the instance ends without the dispatcher.
  Duration settleTimeout = std::chrono::seconds(30);
  std::vector<std::string> brokerNames;           // in the order of SharedPage::brokers; for messages only
  Duration tick = std::chrono::milliseconds(50);  // how often cells are scanned; deadlines are met independently of it
};

// What a child increases at least once a second, as long as it makes progress. It lies in memory that the master shares
// with this child.
using Beats = std::atomic<std::uint32_t>;

// The main functions of the children. Called in the child right after its fork, with the signal handlers of a new
// process; their result is its exit status.
struct ChildMains {
  std::function<int()> dispatcher;
  std::function<int(int slot)> worker;
  std::function<int(Beats&)> metricsServer{};
};

// The steps of a reload, which a HUP starts after it has reopened the logs. Without hooks it does nothing else.
struct ReloadHooks {
  std::function<bool()> read{};  // in the master: reads the new configuration; false: that failed, the log says why
  std::function<int()> check{};  // in a child: checks it; 0: it is good; else the log says what is wrong
  // In the master, after a good check: does all that can fail. None: it failed, the log says why; nothing has changed.
  std::function<std::optional<MasterOptions>()> prepare{};
  // In the master: makes what so many workers need. The new options; none: that failed, or changes nothing, and the log
  // says so.
  std::function<std::optional<MasterOptions>(int workers)> resize{};
  std::function<void()> commit{};  // in the master, while no dispatcher runs: switches over; cannot fail
};

}  // namespace leptir::master
