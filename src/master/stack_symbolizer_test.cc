#include "master/stack_symbolizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "tests/support/child.h"

namespace leptir::master {

[[gnu::noinline]] int someFunction(int number) {
  volatile int twice = number * 2;
  return twice;
}

namespace {

// Returns an address inside itself. The compiler inlines it into its caller.
[[gnu::always_inline]] inline const void* somewhereInlined() {
  const void* here = nullptr;
#if defined(__x86_64__)
  asm volatile("lea -1(%%rip), %0" : "=r"(here));
#elif defined(__aarch64__)
  asm volatile("adr %0, ." : "=r"(here));
#endif
  return here;
}

[[gnu::noinline]] const void* callSomewhere() {
  return somewhereInlined();
}

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

std::unique_ptr<link::CrashReport> reportWith(std::initializer_list<const void*> addresses) {
  auto report = std::make_unique<link::CrashReport>();
  for (const auto* address : addresses) report->addresses[report->frames++] = reinterpret_cast<std::uint64_t>(address);
  return report;
}

TEST(SymbolizeStack, NamesFunctionFileAndLine) {
  const auto stack = symbolizeStack(*reportWith({reinterpret_cast<const void*>(&someFunction)}));
  ASSERT_EQ(stack.size(), 1u);
  EXPECT_THAT(stack[0], MatchesRegex("leptir::master::someFunction\\(int\\) at .*stack_[a-z]*_test\\.cc:[0-9]+"));
}

TEST(SymbolizeStack, NamesAnInlinedFunctionAndTheLineThatCallsIt) {
  const auto* here = callSomewhere();
  if (here == nullptr) GTEST_SKIP() << "no assembly code for this processor";
  const auto stack = symbolizeStack(*reportWith({here}));
  ASSERT_EQ(stack.size(), 2u);
  EXPECT_THAT(stack[0], MatchesRegex(".*somewhereInlined.* at .*stack_[a-z]*_test\\.cc:[0-9]+"));
  EXPECT_THAT(stack[1], MatchesRegex(".*callSomewhere.* at .*stack_[a-z]*_test\\.cc:[0-9]+"));
  EXPECT_NE(stack[0].substr(stack[0].rfind(':')), stack[1].substr(stack[1].rfind(':')));
}

TEST(SymbolizeStack, UsesTheMemoryMapOfTheReportIfItHasOne) {
  auto report = reportWith({reinterpret_cast<const void*>(&someFunction)});
  constexpr std::string_view kElsewhere = "10000-20000 r-xp 00000000 00:00 1 /nowhere\n";
  std::memcpy(report->maps, kElsewhere.data(), kElsewhere.size());
  report->mapsBytes = kElsewhere.size();
  EXPECT_THAT(symbolizeStack(*report), ::testing::ElementsAre(StartsWith("0x")));
}

TEST(SymbolizeStack, NamesAFunctionOfALibraryWithoutDebugInformation) {
  const auto stack = symbolizeStack(*reportWith({reinterpret_cast<const void*>(&std::getenv)}));
  ASSERT_EQ(stack.size(), 1u);
  EXPECT_THAT(stack[0], HasSubstr("getenv"));
}

TEST(SymbolizeStack, WritesAnUnmappedAddressAsANumber) {
  EXPECT_THAT(symbolizeStack(*reportWith({reinterpret_cast<const void*>(0x10)})), ::testing::ElementsAre("0x10"));
}

TEST(SymbolizeStack, SurvivesAnInvalidMemoryMap) {
  auto report = reportWith({reinterpret_cast<const void*>(&someFunction), nullptr});
  std::memset(report->maps, '/', link::kCrashMapsBytes);
  report->mapsBytes = link::kCrashMapsBytes;
  EXPECT_EQ(symbolizeStack(*report).size(), 2u);
}

TEST(DescribeException, GivesTheReadableTypeAndTheText) {
  link::CrashReport report{};
  report.kind = link::CrashReportKind::Exception;
  std::strcpy(report.exceptionType, typeid(std::runtime_error).name());
  EXPECT_EQ(describeException(report), "std::runtime_error");
  std::strcpy(report.exceptionText, "its text");
  EXPECT_EQ(describeException(report), "std::runtime_error: its text");
  report.kind = link::CrashReportKind::Signal;
  EXPECT_EQ(describeException(report), "");
}

}  // namespace
}  // namespace leptir::master
