#include "c_api/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace leptir::c_api {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// The options of a program whose header has one more field, with this value.
struct NewerOptions {
  leptir_push_options known = LEPTIR_PUSH_OPTIONS_INIT;
  std::int64_t unknown = 0;

  explicit NewerOptions(std::int64_t value) : unknown(value) { known.size = sizeof(NewerOptions); }
};

std::string errorOf(const leptir_push_options& options) {
  const auto converted = toPushOptions(&options);
  return converted ? "" : converted.error().message();
}

TEST(CArguments, OptionsAreThoseOfAPush) {
  leptir_push_options given = LEPTIR_PUSH_OPTIONS_INIT;
  given.time_of_execution = 1900000000.5;
  given.expires = 1900000060.25;
  given.priority = -3;
  given.time_limit = 30;
  given.max_attempts = 4;
  given.id = "mine";
  given.broker = "bulk";
  given.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto options = toPushOptions(&given).value();
  EXPECT_EQ(options.timeOfExecution, Time(1900000000500ms));
  EXPECT_EQ(options.expires, Time(1900000060250ms));
  EXPECT_EQ(options.priority, -3);
  EXPECT_EQ(options.timeLimitSeconds, 30);
  EXPECT_EQ(options.maxAttempts, 4u);
  EXPECT_EQ(options.id, "mine");
  EXPECT_EQ(options.broker, "bulk");
  EXPECT_EQ(options.traceparent, given.traceparent);
}

TEST(CArguments, OptionsOfAProgramWithAnOlderHeaderHaveNoTraceparent) {
  leptir_push_options given = LEPTIR_PUSH_OPTIONS_INIT;
  given.size = offsetof(leptir_push_options, traceparent);
  given.broker = "bulk";
  given.traceparent = "not of the structure that this program knows";
  const auto options = toPushOptions(&given);
  ASSERT_TRUE(options) << options.error().message();
  EXPECT_EQ(options->broker, "bulk");
  EXPECT_EQ(options->traceparent, "");
}

TEST(CArguments, ADelayKeepsItsFraction) {
  leptir_push_options given = LEPTIR_PUSH_OPTIONS_INIT;
  given.delay = 0.25;
  given.expires_after = 1.5;
  EXPECT_EQ(toPushOptions(&given)->delay, 250ms);
  EXPECT_EQ(toPushOptions(&given)->expiresAfter, 1500ms);
}

TEST(CArguments, ZeroAndNullAreTheDefaults) {
  const leptir_push_options given = LEPTIR_PUSH_OPTIONS_INIT;
  for (const auto* options : {&given, static_cast<const leptir_push_options*>(nullptr)}) {
    const auto converted = toPushOptions(options).value();
    EXPECT_FALSE(converted.timeOfExecution);
    EXPECT_EQ(converted.delay, Duration::zero());
    EXPECT_EQ(converted.maxAttempts, 0u);
    EXPECT_EQ(converted.id + converted.broker, "");
  }
}

TEST(CArguments, NumbersOutOfRangeAreRefusedByName) {
  leptir_push_options given = LEPTIR_PUSH_OPTIONS_INIT;
  for (const double delay : {-0.1, 2e11, std::nan("")}) {
    given.delay = delay;
    EXPECT_THAT(errorOf(given), HasSubstr("delay must be")) << delay;
  }
  given = LEPTIR_PUSH_OPTIONS_INIT;
  for (const double time : {2e11, -2e11, std::nan(""), std::numeric_limits<double>::infinity()}) {
    given.time_of_execution = time;
    EXPECT_THAT(errorOf(given), HasSubstr("time_of_execution must be")) << time;
  }
  given = LEPTIR_PUSH_OPTIONS_INIT;
  for (const std::int64_t attempts : {std::int64_t{-1}, std::int64_t{1} << 32}) {
    given.max_attempts = attempts;
    EXPECT_THAT(errorOf(given), HasSubstr("max_attempts must be")) << attempts;
  }
}

TEST(CArguments, OptionsThatWereNotInitializedAreRefused) {
  for (const std::size_t size : {std::size_t{0}, sizeof(leptir_push_options) - 1, std::size_t{4097}}) {
    leptir_push_options given{};
    given.size = size;
    EXPECT_THAT(errorOf(given), HasSubstr("LEPTIR_PUSH_OPTIONS_INIT")) << size;
  }
}

TEST(CArguments, AFieldOfANewerHeaderMustBeZero) {
  const NewerOptions unset(0), set(1);
  EXPECT_EQ(errorOf(unset.known), "");
  EXPECT_THAT(errorOf(set.known), HasSubstr("install a newer one"));
}

TEST(CArguments, ParametersKeepTheirBytes) {
  const auto task = toTask({"x", "{\"b\": 1.50, \"a\": 12345678901234567890123}", nullptr}).value();
  EXPECT_EQ(task.parametersText, "{\"b\": 1.50, \"a\": 12345678901234567890123}");
}

TEST(CArguments, EmptyParametersAreAMistakeAndNullIsNone) {
  EXPECT_THAT(toTask({"x", "", nullptr}).error().message(), HasSubstr("task 'x': parameters are an empty text"));
  EXPECT_EQ(toTask({"x", nullptr, nullptr})->parametersText, "");
}

TEST(CArguments, AnIdIsCopiedWithTheZeroBehindIt) {
  std::array<char, LEPTIR_ID_SIZE> buffer{};
  buffer.fill('?');
  copyId(std::string(LEPTIR_ID_SIZE - 1, 'i'), buffer.data());
  EXPECT_EQ(std::strlen(buffer.data()), LEPTIR_ID_SIZE - 1u);
  copyId("", buffer.data());
  EXPECT_STREQ(buffer.data(), "");
  copyId("no buffer", nullptr);
}

}  // namespace
}  // namespace leptir::c_api
