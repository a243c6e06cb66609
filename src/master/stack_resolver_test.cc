#include "master/stack_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "tests/support/child.h"

namespace leptir {

[[gnu::noinline]] int someFunction(int number) {
  volatile int twice = number * 2;
  return twice;
}

namespace {

// An address inside it, which the compiler puts into whoever calls it.
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

std::unique_ptr<LastWords> wordsWith(std::initializer_list<const void*> addresses) {
  auto words = std::make_unique<LastWords>();
  for (const auto* address : addresses) words->addresses[words->frames++] = reinterpret_cast<std::uint64_t>(address);
  return words;
}

TEST(ResolveStack, NamesFunctionFileAndLine) {
  const auto stack = resolveStack(*wordsWith({reinterpret_cast<const void*>(&someFunction)}));
  ASSERT_EQ(stack.size(), 1u);
  EXPECT_THAT(stack[0], MatchesRegex("leptir::someFunction\\(int\\) at .*stack_resolver_test\\.cc:[0-9]+"));
}

TEST(ResolveStack, NamesWhatWasInlinedWithTheLineThatCalledIt) {
  const auto* here = callSomewhere();
  if (here == nullptr) GTEST_SKIP() << "not for this machine";
  const auto stack = resolveStack(*wordsWith({here}));
  ASSERT_EQ(stack.size(), 2u);
  EXPECT_THAT(stack[0], MatchesRegex(".*somewhereInlined.* at .*stack_resolver_test\\.cc:[0-9]+"));
  EXPECT_THAT(stack[1], MatchesRegex(".*callSomewhere.* at .*stack_resolver_test\\.cc:[0-9]+"));
  EXPECT_NE(stack[0].substr(stack[0].rfind(':')), stack[1].substr(stack[1].rfind(':')));
}

TEST(ResolveStack, UsesTheMapsOfTheDeadIfItLeftSome) {
  auto words = wordsWith({reinterpret_cast<const void*>(&someFunction)});
  constexpr std::string_view kElsewhere = "10000-20000 r-xp 00000000 00:00 1 /nowhere\n";
  std::memcpy(words->maps, kElsewhere.data(), kElsewhere.size());
  words->mapsBytes = kElsewhere.size();
  EXPECT_THAT(resolveStack(*words), ::testing::ElementsAre(StartsWith("0x")));
}

TEST(ResolveStack, NamesTheLibraryWhereThereIsNothingBetter) {
  const auto stack = resolveStack(*wordsWith({reinterpret_cast<const void*>(&std::getenv)}));
  ASSERT_EQ(stack.size(), 1u);
  EXPECT_THAT(stack[0], HasSubstr("getenv"));
}

TEST(ResolveStack, WritesAnAddressThatIsNowhereAsItIs) {
  EXPECT_THAT(resolveStack(*wordsWith({reinterpret_cast<const void*>(0x10)})), ::testing::ElementsAre("0x10"));
}

TEST(ResolveStack, TakesNonsenseForMaps) {
  auto words = wordsWith({reinterpret_cast<const void*>(&someFunction), nullptr});
  std::memset(words->maps, '/', kLastMapsBytes);
  words->mapsBytes = kLastMapsBytes;
  EXPECT_EQ(resolveStack(*words).size(), 2u);
}

TEST(NameException, IsReadable) {
  LastWords words{};
  words.kind = LastWordsKind::Exception;
  std::strcpy(words.exceptionType, typeid(std::runtime_error).name());
  EXPECT_EQ(nameException(words), "std::runtime_error");
  std::strcpy(words.exceptionText, "its text");
  EXPECT_EQ(nameException(words), "std::runtime_error: its text");
  words.kind = LastWordsKind::Signal;
  EXPECT_EQ(nameException(words), "");
}

}  // namespace
}  // namespace leptir
