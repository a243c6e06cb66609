#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace leptir::base {
namespace {

TEST(Utf8, ReadsCharactersOfEachLength) {
  EXPECT_EQ(firstUtf8Character("a").codePoint, 0x61u);
  EXPECT_EQ(firstUtf8Character("č").codePoint, 0x10du);
  EXPECT_EQ(firstUtf8Character("底").codePoint, 0x5e95u);
  EXPECT_EQ(firstUtf8Character("🦋").codePoint, 0x1f98bu);
  EXPECT_EQ(firstUtf8Character("🦋").bytes, 4u);
}

TEST(Utf8, AcceptsTextWithNulBytes) {
  EXPECT_TRUE(isUtf8(std::string_view("a\0č", 4)));
}

TEST(Utf8, RefusesInvalidByteSequences) {
  EXPECT_FALSE(isUtf8("\x80"));              // a continuation byte alone
  EXPECT_FALSE(isUtf8("\xc0\xaf"));          // overlong
  EXPECT_FALSE(isUtf8("\xe0\x9f\xbf"));      // overlong
  EXPECT_FALSE(isUtf8("\xed\xa0\x80"));      // a surrogate
  EXPECT_FALSE(isUtf8("\xf4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(isUtf8("\xe5\xba"));          // cut short
  EXPECT_FALSE(isUtf8("\xff"));
}

TEST(Utf8, IsCutBetweenCharacters) {
  EXPECT_EQ(utf8Prefix("a€b", 3), "a");
  EXPECT_EQ(utf8Prefix("a€b", 4), "a€");
  EXPECT_EQ(utf8Prefix("🦋", 3), "");
  EXPECT_EQ(utf8Suffix("a€b", 3), "b");
  EXPECT_EQ(utf8Suffix("a€b", 4), "€b");
  EXPECT_EQ(utf8Suffix("🦋", 3), "");
  EXPECT_EQ(utf8Prefix("abc", 0), "");
  EXPECT_EQ(utf8Suffix("abc", 0), "");
}

TEST(Utf8, IsCutAnywhereWhereItIsInvalid) {
  const std::string continuations(10, '\x80');
  EXPECT_EQ(utf8Prefix(continuations, 6).size(), 6u);
  EXPECT_EQ(utf8Suffix(continuations, 6).size(), 6u);
}

}  // namespace
}  // namespace leptir::base
