#include "backends/mongodb/percent_text.h"

#include <gtest/gtest.h>

namespace leptir::mongodb {
namespace {

TEST(PercentText, AllThatAConnectionStringCouldMisreadIsEncoded) {
  EXPECT_EQ(percentEncoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percentEncoded("p@ss:w/rd?&=%#"), "p%40ss%3Aw%2Frd%3F%26%3D%25%23");
  EXPECT_EQ(percentEncoded("ä"), "%C3%A4");
}

TEST(PercentText, IsDecodedToWhatWasEncoded) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percentDecoded(percentEncoded(all)), all);
  EXPECT_EQ(percentDecoded("%c3%A4"), "ä");
}

TEST(PercentText, APercentSignWithoutTwoHexDigitsIsNoText) {
  for (const auto* text : {"%", "%4", "%g0", "%0x", "a%", "%+1", "%-1"}) EXPECT_FALSE(percentDecoded(text)) << text;
}

}  // namespace
}  // namespace leptir::mongodb
