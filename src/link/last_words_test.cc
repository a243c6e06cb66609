#include "link/last_words.h"

#include <gtest/gtest.h>

#include <cstring>

#include "link/slot.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

class LastWordsTest : public ::testing::Test {
 protected:
  LastWords& said(LastWordsKind kind) {
    auto& words = slot.lastWords();
    words.pid = 42;
    words.kind = kind;
    return words;
  }
  Slot slot = std::move(*Slot::create());
};

TEST_F(LastWordsTest, AreHeardFromTheOneWhoDied) {
  auto& words = said(LastWordsKind::Signal);
  words.frames = 2;
  words.addresses[1] = 0x1234;
  ASSERT_TRUE(slot.heardLastWords(42));
  EXPECT_EQ(slot.heardLastWords(42)->addresses[1], 0x1234u);
  EXPECT_FALSE(slot.heardLastWords(43)) << "it died without a word, after another one";
  slot.forgetLastWords();
  EXPECT_FALSE(slot.heardLastWords(42));
}

TEST_F(LastWordsTest, AreBelievedOnlyAsFarAsTheyFit) {
  auto& words = said(LastWordsKind::Exception);
  words.frames = words.mapsBytes = 0xffff'ffff;
  std::memset(words.exceptionType, 'A', kLastTextBytes);
  std::memset(words.exceptionText, 'B', kLastTextBytes);
  const auto heard = slot.heardLastWords(42);
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->frames, kLastFrames);
  EXPECT_EQ(heard->mapsBytes, kLastMapsBytes);
  EXPECT_EQ(std::strlen(heard->exceptionType), kLastTextBytes - 1);
  EXPECT_EQ(std::strlen(heard->exceptionText), kLastTextBytes - 1);
  said(static_cast<LastWordsKind>(77));
  EXPECT_FALSE(slot.heardLastWords(42));
}

TEST_F(LastWordsTest, AnAutopsyStandsBesideItsVerdict) {
  slot.writeVerdict(3, {.ended = BootTime(10s), .lastWords = LastWordsKind::Exception, .stderrTo = 7});
  slot.openAutopsy(3);
  EXPECT_TRUE(slot.isAutopsyUnderway(3, BootTime(11s)));
  EXPECT_FALSE(slot.isAutopsyUnderway(3, BootTime(14s))) << "nobody waits for ever";
  slot.writeAutopsy(3, encodeAutopsy("std::logic_error: two\nlines", {"first at a.cc:1", "second"}));
  slot.closeAutopsy(3);
  EXPECT_FALSE(slot.isAutopsyUnderway(3, BootTime(11s)));
  const auto verdict = slot.readVerdict(3);
  EXPECT_EQ(verdict.lastWords, LastWordsKind::Exception);
  EXPECT_EQ(verdict.stderrTo, 7u);
  EXPECT_EQ(verdict.exception, "std::logic_error: two lines");
  EXPECT_EQ(verdict.stack, (std::vector<std::string>{"first at a.cc:1", "second"}));
  slot.writeVerdict(3, {});
  EXPECT_TRUE(slot.readVerdict(3).stack.empty()) << "the next one in this cell has none";
}

TEST_F(LastWordsTest, AnAutopsyWithoutAnExceptionHasOnlyAStack) {
  slot.writeVerdict(0, {});
  slot.writeAutopsy(0, encodeAutopsy("", {"only"}));
  EXPECT_EQ(slot.readVerdict(0).exception, "");
  EXPECT_EQ(slot.readVerdict(0).stack, (std::vector<std::string>{"only"}));
}

TEST_F(LastWordsTest, ALongStackIsCutAndSaysSo) {
  slot.writeVerdict(0, {});
  slot.writeAutopsy(0, encodeAutopsy("", std::vector<std::string>(100, std::string(1000, 'f'))));
  const auto stack = slot.readVerdict(0).stack;
  ASSERT_EQ(stack.size(), 17u);
  EXPECT_EQ(stack[15], std::string(1000, 'f'));
  EXPECT_EQ(stack[16], "… (cut)");
}

}  // namespace
}  // namespace leptir
