#include "base/escape.h"

#include <gtest/gtest.h>

namespace leptir::base {
namespace {

std::string jsonString(std::string_view text) {
  std::string to;
  appendJsonString(to, text);
  return to;
}

TEST(Escaped, KeepsTextOfEveryLanguage) {
  EXPECT_EQ(escaped("底板 🦋 čaj ~ Leptir\\Task"), "底板 🦋 čaj ~ Leptir\\Task");
}

TEST(Escaped, EscapesLineBreaksAndTerminalControls) {
  EXPECT_EQ(escaped("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(escaped("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
  EXPECT_EQ(escaped(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(escaped("\xc2\x9b"
                    "31m"),
            "\\u009b31m");
  EXPECT_EQ(escaped("\xe2\x80\xa8\xe2\x80\xae"), "\\u2028\\u202e");
}

TEST(Escaped, EscapesEachMarkOfTextDirection) {
  EXPECT_EQ(escaped("\u061c\u200e\u200f\u202a\u2066\u2069"), "\\u061c\\u200e\\u200f\\u202a\\u2066\\u2069");
}

TEST(EscapedLines, KeepsLineFeedsAndEscapesOtherControls) {
  EXPECT_EQ(escapedLines("a\x1b\nb\r\n"), "a\\x1b\nb\\r\n");
}

TEST(EscapedInJson, WritesTerminalControlsAsJsonEscapesOfTheSameMeaning) {
  EXPECT_EQ(escapedInJson("{\"a\": \"\x7f\xc2\x9b\u202e č🦋\\n\"}\n"), "{\"a\": \"\\u007f\\u009b\\u202e č🦋\\n\"}\n");
}

TEST(Escaped, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(escaped("a\x9b\xff\xe5\xba"), "a\\x9b\\xff\\xe5\\xba");
}

TEST(Escaped, FindsACharacterAtEveryPositionOfTextOfEveryLength) {
  for (std::size_t length = 1; length <= 50; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      text[at] = '\n';
      const auto before = text.substr(0, at), after = text.substr(at + 1);
      EXPECT_EQ(escaped(text), before + "\\n" + after);
      text[at] = '\x7f';
      EXPECT_EQ(jsonString(text), '"' + before + "\\u007f" + after + '"');
    }
  }
}

TEST(JsonString, EscapesEachByteThatJsonDoesNotTakeAsItIs) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const auto c = static_cast<char>(byte);
    const auto text = std::string(20, 'a') + c + std::string(20, 'b');
    const bool isPlain = byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
    EXPECT_EQ(jsonString(text) == '"' + text + '"', isPlain) << byte;
  }
}

TEST(InQuotes, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(inQuotes("short"), "'short'");
  EXPECT_EQ(inQuotes("底板底板", 7), "'底板…'");
  EXPECT_EQ(inQuotes("a\nb"), "'a\\nb'");
}

}  // namespace
}  // namespace leptir::base
