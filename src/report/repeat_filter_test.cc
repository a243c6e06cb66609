#include "report/repeat_filter.h"

#include <gtest/gtest.h>

namespace leptir::report {
namespace {

using namespace std::chrono_literals;

ErrorReport failed(const std::string& response, const std::string& name = "mail") {
  return {.kind = ErrorKind::Error, .id = response, .name = name, .cause = "finished", .response = response};
}

class RepeatFilterTest : public ::testing::Test {
 protected:
  // How many errors the passed report stands for besides itself; -1: it is held back.
  int pass(ErrorReport report) {
    const auto passed = filter.pass(std::move(report), now, overdue);
    return passed ? static_cast<int>(passed->suppressed) : -1;
  }

  RepeatFilter filter;
  BootTime now{1000s};
  std::vector<ErrorReport> overdue;
};

TEST_F(RepeatFilterTest, PassesTheFirstOfIdenticalErrorsAtOnceAndHoldsBackTheOthers) {
  EXPECT_EQ(pass(failed("disk full")), 0);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pass(failed("disk full")), -1);
  EXPECT_EQ(filter.heldBack(), 1u);
}

TEST_F(RepeatFilterTest, PassesTheNextOneAfterAMinuteWithTheNumberOfThoseHeldBack) {
  pass(failed("disk full"));
  for (int i = 0; i < 10; ++i) pass(failed("disk full"));
  now += 59s;
  EXPECT_EQ(pass(failed("disk full")), -1);
  now += 1s;
  EXPECT_EQ(pass(failed("disk full")), 11);
  EXPECT_EQ(pass(failed("disk full")), -1) << "a new minute has begun";
  now += 60s;
  EXPECT_EQ(pass(failed("disk full")), 1);
}

TEST_F(RepeatFilterTest, SendsTheLatestOfThoseHeldBackAfterAMinuteThoughNoFurtherErrorComes) {
  pass(failed("disk 1 full"));
  for (int i = 2; i <= 4; ++i) pass(failed("disk " + std::to_string(i) + " full"));
  EXPECT_EQ(filter.nextDueTime(), now + 60s);
  EXPECT_TRUE(filter.takeDue(now + 59s).empty());
  const auto due = filter.takeDue(now + 60s);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].id, "disk 4 full");
  EXPECT_EQ(due[0].suppressed, 2u);
  EXPECT_EQ(filter.nextDueTime(), now + 120s);
  EXPECT_TRUE(filter.takeDue(now + 1h).empty());
  EXPECT_EQ(filter.nextDueTime(), BootTime::max());
}

TEST_F(RepeatFilterTest, CountsEachErrorInExactlyOneReport) {
  std::uint64_t told = 0;
  for (int i = 0; i < 1000; ++i, now += 700ms) {
    if (const auto suppressed = pass(failed("x")); suppressed >= 0) told += static_cast<std::uint64_t>(suppressed) + 1;
    for (const auto& due : filter.takeDue(now)) told += due.suppressed + 1;
  }
  for (const auto& left : filter.takeAll()) told += left.suppressed + 1;
  EXPECT_EQ(told, 1000u);
}

TEST_F(RepeatFilterTest, TakesErrorsThatDifferInNumbersAddressesAndIdsForIdentical) {
  EXPECT_EQ(pass(failed("order 17 of 6f2a9c-77b1: at 0x7ffe12 after 3.5 s")), 0);
  EXPECT_EQ(pass(failed("order 4711 of 01ab23-9f9e: at 0x1234 after 12.75 s")), -1);
}

TEST_F(RepeatFilterTest, TellsErrorsApartByNameKindFateCauseExceptionAndMessage) {
  EXPECT_EQ(pass(failed("disk full")), 0);
  EXPECT_EQ(pass(failed("disk broken")), 0);
  EXPECT_EQ(pass(failed("disk full", "fax")), 0);
  auto other = failed("disk full");
  other.fate = TaskFate::Buried;
  EXPECT_EQ(pass(other), 0) << "a burial is never hidden by the retries before it";
  other.kind = ErrorKind::Crash;
  EXPECT_EQ(pass(other), 0);
  other.thrown = ThrownError{"std::bad_alloc", ""};
  EXPECT_EQ(pass(other), 0);
  other.cause = "out_of_memory";
  EXPECT_EQ(pass(other), 0);
}

TEST_F(RepeatFilterTest, RemembersABoundedNumberOfErrorsAndSendsWhatItForgets) {
  const auto number = [](std::size_t i) {
    std::string letters;
    for (; i > 0; i /= 26) letters += static_cast<char>('a' + i % 26);
    return "error " + letters;
  };
  EXPECT_EQ(pass(failed("the first")), 0);
  EXPECT_EQ(pass(failed("the first")), -1);
  now += 1s;
  for (std::size_t i = 0; i < kMaxRemembered; ++i) EXPECT_EQ(pass(failed(number(i))), 0);
  ASSERT_EQ(overdue.size(), 1u);
  EXPECT_EQ(overdue[0].id, "the first");
  EXPECT_EQ(pass(failed("the first")), 0);
}

TEST_F(RepeatFilterTest, RemembersABoundedNumberOfBytesAndSendsWhatItForgets) {
  const auto large = [](char mark) {
    auto report = failed(std::string(1, mark));
    report.envelope = std::string(kMaxRememberedBytes / 4, mark);
    return report;
  };
  for (const char mark : {'a', 'b', 'c', 'd', 'e'}) EXPECT_EQ(pass(large(mark)), 0);
  for (const char mark : {'a', 'b', 'c'}) EXPECT_EQ(pass(large(mark)), -1);
  EXPECT_TRUE(overdue.empty());
  EXPECT_EQ(pass(large('d')), -1);
  ASSERT_EQ(overdue.size(), 1u);
  EXPECT_EQ(overdue[0].id, "a");
  EXPECT_LE(filter.bytes(), kMaxRememberedBytes);
  EXPECT_EQ(pass(large('a')), 0);
}

TEST_F(RepeatFilterTest, CountsNoBytesOfWhatItNoLongerHas) {
  std::uint32_t random = 4711;  // the seed
  const auto letter = [&random](std::uint32_t from) {
    random = random * 1'664'525 + 1'013'904'223;
    return std::string(1, static_cast<char>('a' + (random >> 16) % from));
  };
  for (int i = 0; i < 2000; ++i, now += 1s) {
    pass(failed(letter(26) + letter(26)));
    if (letter(10) == "a") filter.takeDue(now);
  }
  EXPECT_GT(filter.bytes(), 0u);
  filter.takeAll();
  filter.takeDue(now + 60s);
  EXPECT_EQ(filter.bytes(), 0u);
}

TEST_F(RepeatFilterTest, SendsEachErrorAfterItsOwnMinute) {
  pass(failed("disk full"));
  now += 30s;
  pass(failed("no route"));
  for (const auto* response : {"no route", "disk full"}) pass(failed(response));
  EXPECT_EQ(filter.nextDueTime(), now + 30s);
  EXPECT_EQ(filter.takeDue(now + 30s).size(), 1u);
  EXPECT_EQ(filter.nextDueTime(), now + 60s) << "the other one";
  EXPECT_EQ(filter.takeDue(now + 60s).size(), 1u);
  EXPECT_EQ(filter.heldBack(), 0u);
}

}  // namespace
}  // namespace leptir::report
