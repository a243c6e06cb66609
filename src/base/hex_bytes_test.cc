#include "base/hex_bytes.h"

#include <gtest/gtest.h>

namespace leptir::base {
namespace {

TEST(HexBytes, AreTwoDigitsEach) {
  EXPECT_EQ(hexOf(std::string_view("\0\x7f\xff"
                                   "A",
                                   4)),
            "007fff41");
  EXPECT_EQ(hexOf(""), "");
}

TEST(HexBytes, AreReadAsTheyWereWritten) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(bytesOfHex(hexOf(bytes)), bytes);
  EXPECT_EQ(bytesOfHex(""), "");
}

TEST(HexBytes, AnyOtherTextIsRefused) {
  for (const auto* text : {"0", "0g", "FF", " 0", "0x"}) EXPECT_EQ(bytesOfHex(text), std::nullopt) << text;
}

}  // namespace
}  // namespace leptir::base
