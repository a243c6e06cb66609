#include "report/redaction.h"

#include <gtest/gtest.h>

namespace leptir::report {
namespace {

Json redacted(Json value, const Redaction& redaction = Redaction()) {
  redaction.apply(value);
  return value;
}

TEST(Redaction, ReplacesTheValuesOfSecretKeysAtAnyDepth) {
  const Json parameters = {{"user", "ann"},
                           {"password", "p1"},
                           {"list", {{{"api-key", "p2"}, {"n", 1}}, "text"}},
                           {"http", {{"Authorization", "Bearer p3"}, {"url", "u"}}}};
  EXPECT_EQ(redacted(parameters), (Json{{"user", "ann"},
                                        {"password", "[redacted]"},
                                        {"list", {{{"api-key", "[redacted]"}, {"n", 1}}, "text"}},
                                        {"http", {{"Authorization", "[redacted]"}, {"url", "u"}}}}));
}

TEST(Redaction, ReplacesTheWholeValueOfASecretKeyWhateverItHolds) {
  EXPECT_EQ(redacted({{"secrets", {{"a", {1, 2}}}}, {"token", 17}, {"cookie", nullptr}}),
            (Json{{"secrets", "[redacted]"}, {"token", "[redacted]"}, {"cookie", "[redacted]"}}));
}

TEST(Redaction, FindsAWordWhereverItStandsInAKeyAndHoweverItIsWritten) {
  const Redaction redaction;
  for (const auto* key : {"PASSWORD", "db_password2", "accessToken", "X-Api-Key", "api key", "clientSecret", "passwd"})
    EXPECT_TRUE(redaction.isSecret(key)) << key;
  for (const auto* key : {"", "pass", "path", "keyword", "author", "to"}) EXPECT_FALSE(redaction.isSecret(key)) << key;
}

TEST(Redaction, AlsoReplacesTheUsersOwnWords) {
  const Redaction redaction({"I-Ban", "größe"});
  EXPECT_EQ(redacted({{"iban", 1}, {"größe", 2}, {"token", 3}, {"other", 4}}, redaction),
            (Json{{"iban", "[redacted]"}, {"größe", "[redacted]"}, {"token", "[redacted]"}, {"other", 4}}));
}

TEST(Redaction, AWordWithoutLettersMatchesNothing) {
  EXPECT_FALSE(Redaction({"", "--"}).isSecret("name"));
}

TEST(Redaction, LeavesValuesThatAreNoObjectsAsTheyAre) {
  for (const Json& value : {Json(1), Json("password"), Json(), Json::array({1, "token"})})
    EXPECT_EQ(redacted(value), value);
}

}  // namespace
}  // namespace leptir::report
