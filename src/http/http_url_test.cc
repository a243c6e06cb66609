#include "http/http_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string errorFor(std::string_view text) {
  const auto url = parseHttpUrl(text);
  if (url) return "it is a URL";
  EXPECT_EQ(url.error().code(), ErrorCode::Invalid);
  return url.error().message();
}

TEST(HttpUrl, HasItsParts) {
  const auto url = parseHttpUrl("https://me:a%40b@errors.example.org:8443/in/42?token=x");
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_EQ(url->user, "me");
  EXPECT_EQ(url->password, "a@b");
  EXPECT_EQ(url->path, "/in/42");
  EXPECT_EQ(url->query, "token=x");
  EXPECT_EQ(url->origin(), "https://errors.example.org:8443");
  EXPECT_EQ(url->target(), "https://errors.example.org:8443/in/42?token=x");
}

TEST(HttpUrl, MayBeAnAddressOfIpVersion6AndLackAPath) {
  const auto url = parseHttpUrl("http://[::1]:80");
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_EQ(url->target(), "http://[::1]:80/");
}

TEST(HttpUrl, IsRefusedWithAReasonIfItIsNone) {
  EXPECT_THAT(errorFor(""), HasSubstr("it is empty"));
  EXPECT_THAT(errorFor("errors.example.org/in"), HasSubstr("does not begin with https:// or http://"));
  EXPECT_THAT(errorFor("ftp://errors.example.org/"), HasSubstr("does not begin with https:// or http://"));
  EXPECT_THAT(errorFor("file:///etc/passwd"), HasSubstr("does not begin with https:// or http://"));
  EXPECT_THAT(errorFor("https://"), HasSubstr("host name"));
  EXPECT_THAT(errorFor("https:///path"), HasSubstr("host name"));
  EXPECT_THAT(errorFor("https://a b/"), HasSubstr("a space or a control character"));
  EXPECT_THAT(errorFor("https://a/\r\nHost: b"), HasSubstr("a space or a control character"));
  EXPECT_THAT(errorFor("https://a:0/"), HasSubstr("port"));
  EXPECT_THAT(errorFor("https://a:70000/"), HasSubstr("port"));
  EXPECT_THAT(errorFor("https://a:x/"), HasSubstr("port"));
  EXPECT_THAT(errorFor("https://a/b#c"), HasSubstr("'#'"));
  EXPECT_THAT(errorFor("https://a/" + std::string(5000, 'x')), HasSubstr("longer than 4096 bytes"));
}

TEST(HttpUrl, IsNeverQuotedInAnError) {
  for (const std::string text : {"gopher://me:geheim@a/", "https://me:geheim@/x", "https://me:geheim@a:70000/",
                                 "geheim", "https://me:geheim@a/ b", "https://me:geheim@a/b#c"})
    EXPECT_THAT(errorFor(text), Not(HasSubstr("geheim"))) << text;
}

}  // namespace
}  // namespace leptir::http
