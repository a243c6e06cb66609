#include "aws/ini_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace leptir::aws {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

IniSections parsed(std::string_view text) {
  auto sections = parseIni(text);
  EXPECT_TRUE(sections) << sections.error().message();
  return sections.value_or(IniSections());
}

TEST(IniFile, HasSectionsWithKeysInLowerCase) {
  const auto sections = parsed("[default]\nAWS_Access_Key_Id = AK\naws_secret_access_key=a=b:c\n\n[ b ]\nregion: x\n");
  EXPECT_EQ(sections.at("default"), (IniSection{{"aws_access_key_id", "AK"}, {"aws_secret_access_key", "a=b:c"}}));
  EXPECT_EQ(sections.at("b").at("region"), "x");
}

TEST(IniFile, HasCommentsInLinesOfTheirOwn) {
  const auto sections = parsed("# a\n[x] ; b\n; c = d\n# e\n   # f\nkey = a#b ;c\n");
  EXPECT_EQ(sections.at("x"), (IniSection{{"key", "a#b ;c"}}));
}

TEST(IniFile, KeepsNestedSectionsApart) {
  const auto sections = parsed("[x]\ns3 =\n  region = nested\n  b = c\nregion = own\n");
  EXPECT_EQ(sections.at("x"), (IniSection{{"s3", "\nregion = nested\nb = c"}, {"region", "own"}}));
}

TEST(IniFile, JoinsSectionsAndTakesTheLastOfEqualKeys) {
  EXPECT_EQ(parsed("[x]\na = 1\nb = 2\n[y]\n[x]\na = 3\n").at("x"), (IniSection{{"a", "3"}, {"b", "2"}}));
}

TEST(IniFile, MayHaveWindowsLineEndsAByteOrderMarkAndNoLastLineEnd) {
  EXPECT_EQ(parsed("\xef\xbb\xbf[x]\r\na = 1\r\nb =").at("x"), (IniSection{{"a", "1"}, {"b", ""}}));
  EXPECT_TRUE(parsed("").empty());
}

TEST(IniFile, NamesTheLineThatIsWrongAndQuotesNothing) {
  for (const auto* text : {"\n[x]\ngeheim\n", "\n\n[geheim\n", "\n\ngeheim = 1", "[x]\n\n= geheim"}) {
    const auto sections = parseIni(text);
    ASSERT_FALSE(sections) << text;
    EXPECT_EQ(sections.error().code(), ErrorCode::Invalid);
    EXPECT_THAT(sections.error().message(), AllOf(HasSubstr("line 3"), Not(HasSubstr("geheim"))));
  }
}

TEST(IniFile, ThatIsMissingHasNoSections) {
  const TempDir folder;
  EXPECT_TRUE(readIniFile(folder / "none")->empty());
  EXPECT_FALSE(readIniFile(folder.path())) << "a folder";
  const auto wrong = readIniFile(folder.write("wrong", "x"));
  EXPECT_THAT(wrong.error().message(), HasSubstr("/wrong: line 1"));
}

}  // namespace
}  // namespace leptir::aws
