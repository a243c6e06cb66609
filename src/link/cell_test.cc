#include "link/cell.h"

#include <gtest/gtest.h>

#include <string>

namespace leptir::link {
namespace {

TEST(CellWord, IsTheSameAfterPackingAndUnpacking) {
  const CellWord word{CellState::Stopping, StopReason::LeaseLost, (std::uint64_t{1} << 48) - 1};
  EXPECT_EQ(CellWord::unpack(word.pack()), word);
  EXPECT_EQ(CellWord{}.pack(), 0u) << "zeroed memory is a ring of free cells";
}

TEST(CellWord, KeepsAllBitsOfAWordThatIsNoValidState) {
  const auto nonsense = CellWord::unpack(0x1234'5678'9abc'def0);
  EXPECT_EQ(nonsense.pack(), 0x1234'5678'9abc'def0u);
}

TEST(CellWord, GetsANewGenerationWhenItIsFreed) {
  const CellWord done{CellState::Done, StopReason::None, 7};
  EXPECT_EQ(done.freed(), (CellWord{CellState::Free, StopReason::None, 8}));
  EXPECT_EQ(done.freed().to(CellState::Assigned).generation, 8u);
}

TEST(Checksum, DetectsAFlippedBitAndAnotherLength) {
  std::string body(1000, 'x');
  const auto sum = checksumOf(body);
  for (std::size_t i = 0; i < body.size(); i += 7) {
    auto damaged = body;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    EXPECT_NE(checksumOf(damaged), sum) << i;
  }
  EXPECT_NE(checksumOf(std::string_view(body).substr(1)), sum);
  EXPECT_NE(checksumOf(std::string(8, '\0')), checksumOf(std::string(16, '\0')));
}

}  // namespace
}  // namespace leptir::link
