// For tests: queues in the emulator, and brokers of them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "backends/sqs/sqs_backend.h"
#include "leptir/spi/simple_broker.h"
#include "tests/support/sqs_server.h"

namespace leptir::sqs {

using namespace std::chrono_literals;

// The value of a result. Throws an exception with the error, which fails the test.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(nameOf(result.error().code())) + ": " + result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// The machine's clocks, and what the test adds to them.
class OffsetClock final : public Clock {
 public:
  Time now() const override { return systemClock().now() + offset_; }
  BootTime bootTime() const override { return systemClock().bootTime() + offset_; }
  void advance(Duration by) { offset_ += by; }

 private:
  Duration offset_{};
};

class SqsTest : public ::testing::Test {
 protected:
  static SessionId sessionId(char letter, std::uint64_t epoch = 1) { return {std::string(32, letter), epoch}; }

  Json connection() const {
    return {
        {"sqs_queue", queue.address()}, {"sqs_key", "AKIDEXAMPLE"}, {"sqs_secret", "secret"}, {"region", "us-east-1"}};
  }
  std::unique_ptr<SimpleBroker> open(BrokerUse use = BrokerUse::Dispatch) { return open(connection(), use); }
  std::unique_ptr<SimpleBroker> open(const Json& how, BrokerUse use = BrokerUse::Dispatch) {
    return must(backend.openBroker(how, use));
  }
  std::unique_ptr<BrokerSession> openSession(char letter, Duration lease = 60s) {
    return must(broker->openSession(sessionId(letter), {}, lease));
  }

  void push(const std::vector<std::string>& ids, std::optional<Time> due = {}) {
    std::vector<BrokerTask> tasks;
    for (const auto& id : ids) tasks.push_back({.id = id, .name = "Test", .timeOfExecution = due});
    must(broker->pushBrokerTasks(tasks));
  }
  void pushRaw(const std::string& body, const Json& more = Json::object()) {
    Json request{{"MessageBody", body}};
    request.update(more);
    queue.ask("SendMessage", request);
  }
  std::vector<LeasedTask> pop(BrokerSession& session, std::size_t limit = 100) {
    return must(session.popBrokerTasks(limit, 0s, wake));
  }
  LeasedTask popOne(BrokerSession& session) {
    auto popped = pop(session, 1);
    if (popped.empty()) throw std::runtime_error("nothing is due");
    return std::move(popped.front());
  }
  TaskCounts counts() { return must(broker->tasksCount()); }

  // Lets time pass for the server and for the backend.
  void advance(Duration by) {
    server.advance(by);
    clock.advance(by);
  }

  static std::string idIn(const LeasedTask& task) { return Json::parse(task.envelope).at("td").at("id"); }
  static std::vector<std::string> idsOf(const std::vector<LeasedTask>& tasks) {
    std::vector<std::string> ids;
    for (const auto& task : tasks) ids.push_back(idIn(task));
    return ids;
  }

  SqsServer& server = sharedSqsServer(SqsServer::Time::Shifted);
  SqsTestQueue queue{server};
  OffsetClock clock;
  SqsBackend backend{clock};
  Wake wake;
  std::unique_ptr<SimpleBroker> broker = open();
};

}  // namespace leptir::sqs
