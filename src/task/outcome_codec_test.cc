#include "task/outcome_codec.h"

#include <gtest/gtest.h>

#include <random>

namespace leptir::task {
namespace {

using namespace std::chrono_literals;

std::string encoded(const Outcome& outcome) {
  std::string bytes;
  encodeOutcome(outcome, bytes);
  return bytes;
}

Outcome fullOutcome() {
  Outcome outcome;
  outcome.status = ExitStatus::Warning;
  outcome.cause = Cause::Threw;
  outcome.response = "Task had a great nap.";
  outcome.started = Time(1'795'462'346'667'348us);
  outcome.executionTime = 1234567us;
  outcome.cpuTime = 89us;
  outcome.flow = {"sleeping", "", "awake"};
  outcome.additional = R"({"rows":5})";
  outcome.result = R"([1,2.0,"x"])";
  outcome.stderrTail = std::string("a\0\xff", 3);
  outcome.signal = 11;
  outcome.thrown = ThrownError{"app::Broken", "no luck"};
  outcome.truncated = true;
  return outcome;
}

void expectEqual(const Outcome& a, const Outcome& b) {
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.cause, b.cause);
  EXPECT_EQ(a.response, b.response);
  EXPECT_EQ(a.started, b.started);
  EXPECT_EQ(a.executionTime, b.executionTime);
  EXPECT_EQ(a.cpuTime, b.cpuTime);
  EXPECT_EQ(a.flow, b.flow);
  EXPECT_EQ(a.additional, b.additional);
  EXPECT_EQ(a.result, b.result);
  EXPECT_EQ(a.stderrTail, b.stderrTail);
  EXPECT_EQ(a.signal, b.signal);
  ASSERT_EQ(a.thrown.has_value(), b.thrown.has_value());
  EXPECT_EQ(a.truncated, b.truncated);
  if (!a.thrown) return;
  EXPECT_EQ(a.thrown->type, b.thrown->type);
  EXPECT_EQ(a.thrown->message, b.thrown->message);
}

TEST(OutcomeCodec, DecodesEveryFieldThatItEncoded) {
  for (const auto& outcome : {Outcome{}, fullOutcome()}) {
    const auto decoded = decodeOutcome(encoded(outcome));
    ASSERT_TRUE(decoded) << decoded.error().message();
    expectEqual(*decoded, outcome);
  }
}

TEST(OutcomeCodec, KeepsAThrownErrorWithAnEmptyTypeAndMessage) {
  Outcome outcome;
  outcome.thrown = ThrownError{};
  EXPECT_TRUE(decodeOutcome(encoded(outcome))->thrown);
}

TEST(OutcomeCodec, AppendsToTheOutputString) {
  std::string bytes = "before";
  encodeOutcome(Outcome{}, bytes);
  EXPECT_TRUE(bytes.starts_with("before"));
  EXPECT_TRUE(decodeOutcome(std::string_view(bytes).substr(6)));
}

TEST(OutcomeCodec, ShortensTheResponseFirstAndAppendsANotice) {
  auto outcome = fullOutcome();
  outcome.truncated = false;
  outcome.response = std::string(kMaxOutcomeBytes + 1000, 'x');

  const auto bytes = encoded(outcome);
  const auto decoded = decodeOutcome(bytes);

  EXPECT_LE(bytes.size(), kMaxOutcomeBytes);
  EXPECT_GT(bytes.size(), kMaxOutcomeBytes - 100);
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->truncated);
  EXPECT_TRUE(decoded->response.ends_with("[The response was cut here: it was too long.]"));
  EXPECT_EQ(decoded->stderrTail, outcome.stderrTail);
  EXPECT_EQ(decoded->flow, outcome.flow);
}

TEST(OutcomeCodec, ShortensTheResponseAtACharacterBoundary) {
  Outcome outcome;
  for (std::size_t i = 0; i < kMaxOutcomeBytes / 3 + 10; ++i) outcome.response.append("€");
  const auto decoded = decodeOutcome(encoded(outcome));
  const auto end = decoded->response.find(" [The");
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(end % 3, 0u);
}

TEST(OutcomeCodec, FitsTheSizeLimitWhicheverFieldIsTooLarge) {
  const std::string large(kMaxOutcomeBytes, 'x');
  const auto change = [&](auto member) {
    auto outcome = fullOutcome();
    outcome.truncated = false;
    member(outcome);
    const auto bytes = encoded(outcome);
    EXPECT_LE(bytes.size(), kMaxOutcomeBytes);
    const auto decoded = decodeOutcome(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(decoded->truncated);
    EXPECT_EQ(decoded->cause, Cause::Threw);
  };
  change([&](Outcome& outcome) { outcome.stderrTail = large; });
  change([&](Outcome& outcome) { outcome.additional = large; });
  change([&](Outcome& outcome) { outcome.result = large; });
  change([&](Outcome& outcome) { outcome.thrown->message = large; });
  change([&](Outcome& outcome) { outcome.thrown->type = large; });
  change([&](Outcome& outcome) { outcome.flow.assign(3, large); });
  change([&](Outcome& outcome) { outcome.flow.assign(kMaxOutcomeBytes / 4, ""); });
}

TEST(OutcomeCodec, RejectsEveryTruncatedOutcome) {
  const auto bytes = encoded(fullOutcome());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decodeOutcome(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code(), ErrorCode::Corrupt);
  }
}

TEST(OutcomeCodec, RejectsBytesAfterTheOutcome) {
  EXPECT_FALSE(decodeOutcome(encoded(fullOutcome()) + '\0'));
}

TEST(OutcomeCodec, NeverReadsOutsideOfCorruptedBytes) {
  std::mt19937 random(20261123);
  const auto good = encoded(fullOutcome());
  for (int round = 0; round < 50'000; ++round) {
    auto bytes = good;
    const int changes = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < changes; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(bytes.size() - random() % 3);
    const auto decoded = decodeOutcome(bytes);
    if (decoded) {
      EXPECT_LE(encoded(*decoded).size(), bytes.size());
    }
  }
}

TEST(OutcomeCodec, RejectsMoreStatesThanTheBytesCanHoldBeforeItAllocates) {
  auto bytes = encoded(Outcome{});
  const std::uint32_t states = 0xffffffff;
  bytes.replace(56, 4, reinterpret_cast<const char*>(&states), 4);
  EXPECT_FALSE(decodeOutcome(bytes));
}

TEST(Causes, HaveTheWordsThatRecordsUse) {
  EXPECT_EQ(nameOf(Cause::Finished), "finished");
  EXPECT_EQ(nameOf(Cause::TimedOut), "timed_out");
  EXPECT_EQ(nameOf(Cause::OutOfMemory), "out_of_memory");
  EXPECT_EQ(nameOf(Cause::GaveBack), "gave_back");
}

}  // namespace
}  // namespace leptir::task
