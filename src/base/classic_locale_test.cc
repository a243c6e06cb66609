#include "base/classic_locale.h"

#include <gtest/gtest.h>
#include <langinfo.h>

#include <clocale>
#include <string>

namespace leptir::base {
namespace {

// The test looks at the character set only, as a sample of the whole locale: every machine has the locales C and
// C.UTF-8, but few have one with a decimal comma.
TEST(ClassicLocale, AppliesDuringItsLifetimeThenRestoresThePreviousLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  if (std::setlocale(LC_ALL, "C.UTF-8") == nullptr) GTEST_SKIP() << "this machine has no locale C.UTF-8";
  const std::string programs = ::nl_langinfo(CODESET);
  std::string inside;
  {
    const ClassicLocale classic;
    inside = ::nl_langinfo(CODESET);
  }
  const std::string after = ::nl_langinfo(CODESET);
  std::setlocale(LC_ALL, before.c_str());
  EXPECT_NE(inside, programs);
  EXPECT_EQ(after, programs);
}

}  // namespace
}  // namespace leptir::base
