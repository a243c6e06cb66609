#include "service/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace leptir::service {
namespace {

using ::testing::HasSubstr;

std::string serviceNameError(std::string_view name) {
  const auto checked = checkServiceName(name);
  return checked ? "" : checked.error().message();
}

TEST(ServiceName, MayHaveLettersDigitsDashesAndUnderscores) {
  for (const auto* name : {"leptir", "mail", "mail-2", "Mail_x", "2nd"}) EXPECT_EQ(serviceNameError(name), "") << name;
  EXPECT_EQ(serviceNameError(std::string(64, 'a')), "");
}

TEST(ServiceName, WithASlashIsRefusedAsAPath) {
  EXPECT_EQ(serviceNameError("shop/mail"),
            "the name 'shop/mail' of the service has a slash: give a name, not a path, as in --name=mail");
  EXPECT_THAT(serviceNameError("../../etc/passwd"), HasSubstr("has a slash"));
}

TEST(ServiceName, WithTheSuffixOfAUnitIsRefusedWithTheRemedy) {
  EXPECT_THAT(serviceNameError("mail.service"), HasSubstr("which leptir adds: leave it out"));
}

TEST(ServiceName, ThatIsNoNameEverywhereIsRefused) {
  EXPECT_THAT(serviceNameError(""), HasSubstr("is empty"));
  EXPECT_THAT(serviceNameError(std::string(65, 'a')), HasSubstr("longer than 64 bytes"));
  EXPECT_THAT(serviceNameError("-x"), HasSubstr("must begin with a letter"));
  for (const auto* name : {"a b", "a%b", "a@b", "a.b", "a\nb", "ä", "."})
    EXPECT_THAT(serviceNameError(name), HasSubstr("only letters")) << name;
}

TEST(UserName, IsCheckedAsLinuxDoes) {
  for (const auto* name : {"leptir", "_leptir", "www-data", "1000", "a"}) EXPECT_TRUE(checkUserName(name)) << name;
  for (const auto* name : {"", "-a", "2nd", "a b", "a:b", "a$", "12345678901"})
    EXPECT_FALSE(checkUserName(name)) << name;
  EXPECT_FALSE(checkUserName(std::string(32, 'a')));
}

}  // namespace
}  // namespace leptir::service
