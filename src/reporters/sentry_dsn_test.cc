#include "reporters/sentry_dsn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::reporters {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(SentryDsn, SaysWhereEnvelopesArePosted) {
  const auto dsn = parseSentryDsn("https://0123abcd@o12.ingest.sentry.io/42");
  ASSERT_TRUE(dsn) << dsn.error().message();
  EXPECT_EQ(dsn->envelopeUrl.target(), "https://o12.ingest.sentry.io/api/42/envelope/");
  EXPECT_EQ(dsn->envelopeUrl.user, "");
  EXPECT_EQ(dsn->publicKey, "0123abcd");
  EXPECT_EQ(dsn->secretKey, "");
}

TEST(SentryDsn, MayHaveAPortAPathAndASecretKey) {
  const auto dsn = parseSentryDsn("http://key:geheim@10.0.0.5:9000/tools/sentry/7");
  ASSERT_TRUE(dsn) << dsn.error().message();
  EXPECT_EQ(dsn->envelopeUrl.target(), "http://10.0.0.5:9000/tools/sentry/api/7/envelope/");
  EXPECT_EQ(dsn->envelopeUrl.password, "");
  EXPECT_EQ(dsn->secretKey, "geheim");
}

TEST(SentryDsn, IsRefusedWithTheReasonAndAnExampleIfItIsNone) {
  struct Wrong {
    std::string text, reason;
  };
  const std::vector<Wrong> all{{"", "it is empty"},
                               {"o12.ingest.sentry.io", "does not begin with https:// or http://"},
                               {"https://o12.ingest.sentry.io/42", "no public key before an '@'"},
                               {"https://@o12.ingest.sentry.io/42", "no public key before an '@'"},
                               {"https://ke%20y@sentry.io/42", "its public key has characters"},
                               {"https://key:ge%2fheim@sentry.io/42", "its secret key has characters"},
                               {"https://key@sentry.io", "no project number"},
                               {"https://key@sentry.io/", "no project number"},
                               {"https://key@sentry.io/42/", "no project number"},
                               {"https://key@sentry.io/my-project", "is no project number"},
                               {"https://key@sentry.io/42?x=1", "a part behind '?'"},
                               {"https://key@sentry.io/42#x", "a part behind '#'"},
                               {"https://key@/42", "host name"},
                               {"https://key@sentry.io:99999/42", "port"},
                               {"ftp://key@sentry.io/42", "does not begin with https:// or http://"},
                               {"https://key@sentry.io/42 ", "a space"}};
  for (const auto& [text, reason] : all) {
    const auto dsn = parseSentryDsn(text);
    ASSERT_FALSE(dsn) << text;
    EXPECT_EQ(dsn.error().code(), ErrorCode::Invalid);
    EXPECT_THAT(dsn.error().message(), AllOf(HasSubstr("https://KEY@sentry.example.org/42"), HasSubstr(reason)))
        << text;
  }
}

TEST(SentryDsn, IsNeverQuotedInAnError) {
  for (const std::string text : {"geheim", "https://geheim@sentry.io/x", "https://geheim@sentry.io:99999/1",
                                 "https://geheim@/1", "https://k:geheim@sentry.io/1?", "https://geheim@sentry.io/1 "}) {
    const auto dsn = parseSentryDsn(text);
    EXPECT_THAT(dsn ? "" : dsn.error().message(), Not(HasSubstr("geheim"))) << text;
  }
}

}  // namespace
}  // namespace leptir::reporters
