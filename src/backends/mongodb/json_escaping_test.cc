#include "backends/mongodb/json_escaping.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "task/json_text.h"

namespace leptir::mongodb {
namespace {

std::string asPhp(std::string_view text) {
  std::string json;
  task::appendPhpJsonString(text, json);
  return json;
}

TEST(JsonEscaping, LeavesTheBackslashesBeforeSlashesOutOrNot) {
  const auto json = asPhp("a/b\\/\n\"č");
  EXPECT_EQ(withEscaping(json, escaping::kUnescapedSlashes), R"("a/b\\/\n\"\u010d")");
  EXPECT_EQ(withEscaping(json, escaping::kUnescapedUtf8), R"("a\/b\\\/\n\"č")");
  EXPECT_EQ(withEscaping(json, escaping::kUnescapedSlashesAndUtf8), R"("a/b\\/\n\"č")");
}

TEST(JsonEscaping, WritesCharactersOfAnySizeAsUtf8) {
  for (const auto* text : {"\u0080", "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0001f98b", "\U0010ffff"})
    EXPECT_EQ(withEscaping(asPhp(text), escaping::kUnescapedUtf8), '"' + std::string(text) + '"');
}

TEST(JsonEscaping, LeavesControlCharactersAndTextsThatLookLikeEscapesAsTheyAre) {
  for (const auto* text : {"\x01\x1f", "\\u010d", "\\\\u010d", "u010d"})
    EXPECT_EQ(withEscaping(asPhp(text), escaping::kUnescapedUtf8), asPhp(text));
}

TEST(JsonEscaping, LeavesWhatIsNoCharacterAsItIs) {
  for (const auto* json : {R"("\ud83e")", R"("\ud83e\u0041")", R"("\udd8b\ud83e")", R"("\u01)", "\"\\", ""})
    EXPECT_EQ(withEscaping(json, escaping::kUnescapedUtf8), json);
}

TEST(JsonEscaping, CanBeReadFromATextThatHasIt) {
  EXPECT_TRUE(rc::check("escaping", [](std::string bytes) {
    for (auto& c : bytes) c = static_cast<char>(c & 0x7f);
    const auto text = bytes + "č/";
    const auto json = withEscaping(asPhp(text), escaping::kUnescapedSlashesAndUtf8);
    const auto possible = possibleEscapings(json);
    RC_ASSERT(std::ranges::find(possible, escaping::kUnescapedSlashesAndUtf8) != possible.end());
    for (const auto& each : possible) RC_ASSERT(isEscaping(each));
  }));
}

}  // namespace
}  // namespace leptir::mongodb
