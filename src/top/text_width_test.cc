#include "top/text_width.h"

#include <gmock/gmock.h>

#include <clocale>

namespace leptir::top {
namespace {

using ::testing::ElementsAre;

class TextWidth : public ::testing::Test {
 protected:
  TextWidth() { std::setlocale(LC_CTYPE, "C.UTF-8"); }
};

TEST_F(TextWidth, WideCharactersTakeTwoColumnsAndAccentsNone) {
  EXPECT_EQ(widthOf("abc"), 3u);
  EXPECT_EQ(widthOf("日本"), 4u);
  EXPECT_EQ(widthOf("e\u0301"), 1u);
}

TEST_F(TextWidth, ACutNeverSplitsAWideCharacter) {
  EXPECT_EQ(ellipsizeToWidth("日本語", 6, Encoding::Utf8), "日本語");
  EXPECT_EQ(ellipsizeToWidth("日本語", 5, Encoding::Utf8), "日本…");
  EXPECT_EQ(ellipsizeToWidth("日本語", 4, Encoding::Utf8), "日…");
  EXPECT_EQ(fitToWidth("日本語", 4, Encoding::Utf8), "日… ");
  EXPECT_EQ(ellipsizeToWidth("abc", 0, Encoding::Utf8), "");
}

TEST_F(TextWidth, TextIsFilledUpToItsWidth) {
  EXPECT_EQ(fitToWidth("ab", 4, Encoding::Utf8), "ab  ");
  EXPECT_EQ(fitToWidth("ab", 4, Encoding::Utf8, Align::Right), "  ab");
}

TEST_F(TextWidth, ControlAndDirectionCharactersAreEscaped) {
  EXPECT_EQ(displayable("a\x1b[2Jb\n\u202e", Encoding::Utf8), "a\\x1b[2Jb\\n\\u202e");
  EXPECT_EQ(displayable("\xff", Encoding::Utf8), "\\xff");
}

TEST_F(TextWidth, JoinersAreLeftOutSinceTerminalsDisagreeAboutThem) {
  EXPECT_EQ(displayable("a\u200db\ufe0f", Encoding::Utf8), "ab");
}

TEST_F(TextWidth, AnAsciiTerminalGetsQuestionMarks) {
  EXPECT_EQ(displayable("Grüße", Encoding::Ascii), "Gr??e");
  EXPECT_EQ(ellipsizeToWidth("abcdef", 4, Encoding::Ascii), "abc~");
}

TEST_F(TextWidth, LongLinesAreWrappedBetweenCharacters) {
  EXPECT_THAT(wrapToWidth("abcdef", 4), ElementsAre("abcd", "ef"));
  EXPECT_THAT(wrapToWidth("日本語", 5), ElementsAre("日本", "語"));
  EXPECT_THAT(wrapToWidth("", 5), ElementsAre(""));
  EXPECT_THAT(wrapToWidth("日", 1), ElementsAre("日"));
}

}  // namespace
}  // namespace leptir::top
