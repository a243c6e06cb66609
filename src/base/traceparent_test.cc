#include "base/traceparent.h"

#include <gtest/gtest.h>

namespace leptir::base {
namespace {

constexpr std::string_view kText = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string with(std::size_t at, std::string_view text) {
  return std::string(kText).replace(at, text.size(), text);
}

TEST(Traceparent, IsReadAndWrittenAsTheSpecificationSays) {
  const auto parsed = Traceparent::parse(kText);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->trace[0], 0x0a);
  EXPECT_EQ(parsed->trace[15], 0x9c);
  EXPECT_EQ(parsed->span[0], 0xb7);
  EXPECT_EQ(parsed->span[7], 0x31);
  EXPECT_TRUE(parsed->sampled);
  EXPECT_EQ(parsed->text(), kText);
}

TEST(Traceparent, IsSampledByTheLowestFlagAlone) {
  EXPECT_FALSE(Traceparent::parse(with(53, "00"))->sampled);
  EXPECT_FALSE(Traceparent::parse(with(53, "fe"))->sampled);
  EXPECT_TRUE(Traceparent::parse(with(53, "ff"))->sampled);
  EXPECT_EQ(Traceparent::parse(with(53, "03"))->text(), kText) << "unknown flags are not passed on";
  EXPECT_EQ(Traceparent::parse(with(53, "00"))->text(), with(53, "00"));
}

TEST(Traceparent, OfALaterVersionHasTheFieldsOfThisOne) {
  EXPECT_EQ(Traceparent::parse(with(0, "cc"))->text(), kText);
  EXPECT_EQ(Traceparent::parse(with(0, "cc") + "-what-the-future-brings")->text(), kText);
  EXPECT_FALSE(Traceparent::parse(with(0, "cc") + "x"));
}

TEST(Traceparent, IsRefusedIfItBreaksARule) {
  for (const auto& text :
       {std::string(), std::string("00"), std::string(kText).substr(0, 54), std::string(kText) + "-",
        std::string(kText) + "-00", " " + std::string(kText), with(0, "ff"), with(0, "0x"), with(2, "_"), with(35, "_"),
        with(52, "_"), with(53, "0g"), with(5, "F"), with(5, "g"), with(40, "A"),
        with(3, "00000000000000000000000000000000"), with(36, "0000000000000000"), with(3, "\xc4\x8d")})
    EXPECT_FALSE(Traceparent::parse(text)) << text;
}

}  // namespace
}  // namespace leptir::base
