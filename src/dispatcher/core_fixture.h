// The fixture for tests of the dispatcher's core, which they drive by hand: no process, no store, no clock.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dispatcher/core.h"
#include "task/envelope.h"

namespace leptir::dispatcher {

inline std::string envelopeOf(const std::string& id, const std::string& name = "noop") {
  BrokerTask task;
  task.id = id;
  task.name = name;
  return task::encodeEnvelope(task);
}

class CoreTest : public ::testing::Test {
 protected:
  CoreTest() { start(); }

  void start(int slots = 2, std::vector<std::int64_t> priorities = {0}) {
    options.brokers.clear();
    for (const auto priority : priorities) options.brokers.push_back({.name = "broker", .priority = priority});
    options.slotCount = slots;
    options.taskNames = {"noop"};
    core = std::make_unique<Core>(options, [this] { return random; });
    std::vector<Event> events;
    for (std::uint32_t i = 0; i < priorities.size(); ++i) events.push_back(event::BrokerOpened{i, 1});
    for (int i = 0; i < slots; ++i) events.push_back(event::WorkerReadiness{i, true});
    last = core->step(std::move(events), now);
  }

  Actions& step(Event event) {
    std::vector<Event> events;
    events.push_back(std::move(event));
    last = core->step(std::move(events), now);
    return last;
  }

  Actions& lease(std::vector<std::string> ids, std::uint32_t broker = 0, bool nothingMore = true) {
    event::Leased leased{broker, 1, {}, nothingMore};
    for (const auto& id : ids) leased.tasks.push_back({envelopeOf(id), {}, leaseOf(id)});
    return step(std::move(leased));
  }

  static LeaseId leaseOf(const std::string& id) { return {100, "lease of " + id}; }

  Actions& finish(CellRef cell, ExitStatus status = ExitStatus::Success, Duration time = std::chrono::microseconds(1)) {
    Outcome outcome;
    outcome.status = status;
    outcome.executionTime = time;
    return step(event::CellDone{cell, outcome, "{}"});
  }

  void passTime(Duration by) {
    now.boot += by;
    now.wall += by;
  }

  CoreOptions options;
  double random = 0;
  ClockReading now{BootTime(std::chrono::seconds(1000)), Time(std::chrono::seconds(1000000))};
  std::unique_ptr<Core> core;
  Actions last;
};

}  // namespace leptir::dispatcher
