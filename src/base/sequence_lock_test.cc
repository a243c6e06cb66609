#include "base/sequence_lock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <string>
#include <thread>

namespace leptir::base {
namespace {

struct Pair {
  SequenceLock lock;
  RelaxedValue<std::int64_t> number;
  RelaxedText<100> text;
};

std::string textFor(std::int64_t number) {
  return std::string(60 + static_cast<std::size_t>(number % 30), static_cast<char>('a' + number % 26));
}

TEST(SequenceLockTest, AReaderNeverSeesAMixtureOfTwoWrites) {
  Pair pair;
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (std::int64_t i = 1; !over; ++i) {
      const SequenceLock::WriteGuard writing(pair.lock);
      pair.number = i;
      pair.text = textFor(i);
    }
  });
  int whole = 0;
  while (whole < 10'000) {
    std::int64_t number = 0;
    std::string text;
    if (!pair.lock.read([&] {
          number = pair.number.load();
          text = pair.text.load();
        })) {
      continue;
    }
    if (number == 0) continue;
    ++whole;
    ASSERT_EQ(text, textFor(number));
  }
  over = true;
  writer.join();
}

TEST(SequenceLockTest, ReadFailsAfterAWriterWasKilledUntilTheNextWrite) {
  Pair pair;
  alignas(SequenceLock::WriteGuard) unsigned char memory[sizeof(SequenceLock::WriteGuard)];
  new (memory) SequenceLock::WriteGuard(pair.lock);  // its destructor never runs, as in a killed process
  EXPECT_FALSE(pair.lock.read([] {}));
  {
    const SequenceLock::WriteGuard writing(pair.lock);
  }
  EXPECT_TRUE(pair.lock.read([] {}));
}

TEST(RelaxedTextTest, ReturnsTheAssignedTextOfEachLength) {
  RelaxedText<20> text;
  EXPECT_EQ(text.load(), "");
  for (std::size_t length = 0; length < 20; ++length) {
    text = std::string(19, 'x');
    text = std::string(length, 'y');
    EXPECT_EQ(text.load(), std::string(length, 'y'));
  }
}

TEST(RelaxedTextTest, CutsTooLongTextBetweenTwoCharacters) {
  RelaxedText<8> text;
  text = "1234567890";
  EXPECT_EQ(text.load(), "1234567");
  text = "123456\u00e9";
  EXPECT_EQ(text.load(), "123456") << "the second byte of the last character would have no room";
  EXPECT_EQ(RelaxedText<8>::cut("1234567890"), "1234567");
}

}  // namespace
}  // namespace leptir::base
