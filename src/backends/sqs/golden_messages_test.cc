// Messages that PHP leptir handed to its client, and those that it was given (tests/wire/sqs_messages.json).
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "backends/sqs/task_message.h"
#include "leptir/json.h"
#include "task/envelope.h"
#include "tests/support/folders.h"

namespace leptir::sqs {
namespace {

using namespace std::chrono_literals;

Json golden() {
  std::ifstream file(sourceFolder() / "tests/wire/sqs_messages.json");
  return Json::parse(file);
}

// All bodies of SendMessage, with the delay that PHP gave them.
std::vector<std::pair<std::string, std::chrono::seconds>> sentByPhp() {
  std::vector<std::pair<std::string, std::chrono::seconds>> sent;
  for (const auto& one : golden()) {
    for (const auto& call : one.value("calls", Json::array())) {
      if (call.at("op") != "SendMessage") continue;
      const auto options = call.value("options", Json::object());
      const auto delay = options.is_object() ? options.value("DelaySeconds", 0) : 0;
      sent.emplace_back(call.at("body").get<std::string>(), std::chrono::seconds(delay));
    }
  }
  return sent;
}

TEST(GoldenMessages, EachTaskOfPhpIsLeasedFromItsTimeOnAndNotBefore) {
  const auto sent = sentByPhp();
  ASSERT_GE(sent.size(), 10u);
  for (const auto& [body, delay] : sent) {
    const auto head = task::decodeEnvelope(body);
    ASSERT_TRUE(head) << body;
    const auto due = head->timeOfExecution.value_or(Time(1'700'000'000s));
    EXPECT_EQ(decide({.body = body}, due).action, MessageDecision::Action::Lease) << body;
    if (head->timeOfExecution) {
      EXPECT_EQ(decide({.body = body}, due - 1s).action, MessageDecision::Action::SendOn) << body;
    }
  }
}

TEST(GoldenMessages, LeptirSendsTheSameBodyWithDelaysThatAreNotCutToSixSeconds) {
  for (const auto& [body, delay] : sentByPhp()) {
    const auto head = task::decodeEnvelope(body).value();
    if (!head.timeOfExecution) continue;
    const auto now = *head.timeOfExecution - 100s;
    const auto message = messageOf(body, head.timeOfExecution, now);
    EXPECT_EQ(message.body, body);
    EXPECT_EQ(message.delay, 100s);
  }
}

TEST(GoldenMessages, WhatPhpWouldHaveDroppedOrDiedOfIsLeasedSoThatItIsBuried) {
  int messages = 0;
  for (const auto& one : golden()) {
    if (!one.contains("message") || !one.at("message").is_string()) continue;
    const auto body = one.at("message").get<std::string>();
    ++messages;
    EXPECT_EQ(decide({.body = body}, Time(2'000'000'000s)).action, MessageDecision::Action::Lease) << body;
  }
  EXPECT_GE(messages, 9);
}

}  // namespace
}  // namespace leptir::sqs
