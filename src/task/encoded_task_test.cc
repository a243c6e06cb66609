#include "leptir/spi/encoded_task.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "task/envelope.h"
#include "task/envelope_counters.h"
#include "task/resize_task.h"

namespace leptir::task {
namespace {

TEST(EncodedTask, HasTheFieldsAndTheEnvelopeOfTheTask) {
  auto task = imageResizeTask();
  task.timeOfExecution = Time(std::chrono::milliseconds(1500));
  task.counters.failures = 2;
  const auto encoded = EncodedTask::encode(task);
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->id, task.id);
  EXPECT_EQ(encoded->name, task.name);
  EXPECT_EQ(encoded->timeOfExecution, task.timeOfExecution);
  EXPECT_EQ(encoded->counters, task.counters);
  EXPECT_EQ(encoded->envelope, encodeEnvelope(task));
}

TEST(EncodedTask, KnowsItsIdAsTheEnvelopeEscapesIt) {
  for (const std::string id : {"plain-1.5", "a/\"\\\xc4\x8d"}) {
    auto task = imageResizeTask();
    task.id = id;
    EXPECT_EQ(EncodedTask::encode(task).value().escapedId(), escapedId(id));
  }
}

TEST(EncodedTask, NamesTheInvalidField) {
  const auto why = [](auto change) {
    auto task = imageResizeTask();
    change(task);
    const auto answer = EncodedTask::encode(task);
    return answer ? std::string("fine") : std::string(nameOf(answer.error().code())) + ": " + answer.error().message();
  };
  EXPECT_EQ(why([](BrokerTask& task) { task.id.clear(); }), "invalid: the task's id is empty");
  EXPECT_EQ(why([](BrokerTask& task) { task.name = std::string(256, 'x'); }),
            "invalid: task id1: the task's name has 256 bytes, more than 255");
  EXPECT_EQ(why([](BrokerTask& task) { task.name = "a\xff"; }), "invalid: task id1: the task's name is not UTF-8");
  EXPECT_EQ(
      why([](BrokerTask& task) { task.timeLimitSeconds = -1; }),
      "invalid: task id1: the time limit of -1 s is negative: give 0 (the instance's task_execution_time) or more");
  EXPECT_TRUE(why([](BrokerTask& task) {
                task.parameters = "{} {}";
              }).starts_with("invalid: task id1: parameters: not JSON at byte 3"));
  EXPECT_TRUE(why([](BrokerTask& task) {
                task.parameters = "1],[2";
              }).starts_with("invalid: task id1: parameters: not JSON at byte 1"));
  EXPECT_EQ(why([](BrokerTask& task) { task.parameters = ""; }), "invalid: task id1: parameters: it is empty");
  EXPECT_EQ(why([](BrokerTask& task) { task.parameters = fmt::format("\"{:x>{}}\"", "", kMaxEnvelopeBytes); }),
            "too large: task id1: 16777295 bytes, more than 16777216");
}

TEST(EncodedTask, AcceptsParametersThatNestAsDeepAsDecodeEnvelopeReads) {
  auto task = imageResizeTask();
  task.parameters = std::string(509, '[') + std::string(509, ']');
  EXPECT_TRUE(EncodedTask::encode(task));
  EXPECT_TRUE(decodeEnvelope(encodeEnvelope(task)));
  task.parameters = fmt::format("[{}]", task.parameters);
  EXPECT_FALSE(EncodedTask::encode(task));
  EXPECT_FALSE(decodeEnvelope(encodeEnvelope(task)));
}

}  // namespace
}  // namespace leptir::task
