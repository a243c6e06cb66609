#include "base/text_width.h"

#include <gmock/gmock.h>

#include <clocale>
#include <cwchar>

#include "base/character_width.h"

namespace leptir::base {
namespace {

using ::testing::ElementsAre;

TEST(CharacterWidth, DoesNotDependOnTheLocale) {
  std::setlocale(LC_CTYPE, "C");
  EXPECT_EQ(characterWidth(U'a'), 1u);
  EXPECT_EQ(characterWidth(U'ž'), 1u);
  EXPECT_EQ(characterWidth(U'…'), 1u);
  EXPECT_EQ(characterWidth(U'\u0301'), 0u);
  EXPECT_EQ(characterWidth(U'\u200d'), 0u);
  EXPECT_EQ(characterWidth(U'日'), 2u);
  EXPECT_EQ(characterWidth(U'한'), 2u);
  EXPECT_EQ(characterWidth(U'Ａ'), 2u);
  EXPECT_EQ(characterWidth(U'😀'), 2u);
  EXPECT_EQ(characterWidth(U'\U0010ffff'), 1u);
}

// Newer versions of Unicode have more characters; of those that both know, most are as they were.
TEST(CharacterWidth, AgreesWithTheCLibraryInAUtf8Locale) {
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) GTEST_SKIP() << "there is no locale C.UTF-8";
  int known = 0, different = 0;
  for (std::uint32_t code = 0xa0; code < 0x20000; ++code) {
    const int width = ::wcwidth(static_cast<wchar_t>(code));
    if (width < 0) continue;
    ++known;
    if (static_cast<std::size_t>(width) != characterWidth(code)) ++different;
  }
  std::setlocale(LC_CTYPE, "C");
  EXPECT_LE(different, known / 100) << "of " << known;
}

TEST(TextWidth, WideCharactersTakeTwoColumnsAndAccentsNone) {
  EXPECT_EQ(textWidth(""), 0u);
  EXPECT_EQ(textWidth("abc"), 3u);
  EXPECT_EQ(textWidth("日本"), 4u);
  EXPECT_EQ(textWidth("e\u0301"), 1u);
}

TEST(TextWidth, ACutNeverSplitsAWideCharacterAndKeepsAccents) {
  EXPECT_EQ(ellipsizeToWidth("日本語", 6), "日本語");
  EXPECT_EQ(ellipsizeToWidth("日本語", 5), "日本…");
  EXPECT_EQ(ellipsizeToWidth("日本語", 4), "日…");
  EXPECT_EQ(ellipsizeToWidth("e\u0301xyz", 2), "e\u0301…");
  EXPECT_EQ(ellipsizeToWidth("abc", 0), "");
  EXPECT_EQ(ellipsizeToWidth("abcdef", 4, "~"), "abc~");
}

TEST(TextWidth, LongLinesAreSplitBetweenCharacters) {
  EXPECT_THAT(splitAtWidth("abcdef", 4), ElementsAre("abcd", "ef"));
  EXPECT_THAT(splitAtWidth("日本語", 5), ElementsAre("日本", "語"));
  EXPECT_THAT(splitAtWidth("", 5), ElementsAre(""));
  EXPECT_THAT(splitAtWidth("日", 1), ElementsAre("日"));
}

}  // namespace
}  // namespace leptir::base
