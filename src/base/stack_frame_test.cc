#include "base/stack_frame.h"

#include <gtest/gtest.h>

#include <string>

namespace leptir::base {
namespace {

TEST(StackFrame, HasFunctionFileAndLine) {
  const auto frame = parseStackFrame("app::resize(app::Image&) at /home/me/app/resize.cc:33");
  EXPECT_EQ(frame.function, "app::resize(app::Image&)");
  EXPECT_EQ(frame.file, "/home/me/app/resize.cc");
  EXPECT_EQ(frame.line, 33);
  EXPECT_EQ(frame.module, "");
}

TEST(StackFrame, OfALibraryNamesIt) {
  const auto frame = parseStackFrame("abort at ./stdlib/abort.c:79 in libc.so.6");
  EXPECT_EQ(frame.function, "abort");
  EXPECT_EQ(frame.file, "./stdlib/abort.c");
  EXPECT_EQ(frame.line, 79);
  EXPECT_EQ(frame.module, "libc.so.6");
}

TEST(StackFrame, MayLackItsLineOrItsFunction) {
  const auto withoutLine = parseStackFrame("main in app");
  EXPECT_EQ(withoutLine.function, "main");
  EXPECT_EQ(withoutLine.file, "");
  EXPECT_EQ(withoutLine.module, "app");
  const auto address = parseStackFrame("0x7f1234567890");
  EXPECT_EQ(address.function, "0x7f1234567890");
  EXPECT_EQ(address.line, 0);
}

TEST(StackFrame, OfTextThatIsNoFrameIsAFunctionWithoutPlace) {
  for (const std::string text : {"", " at ", " in ", " at x", "f at x:", "f at :9999999999999"}) {
    const auto frame = parseStackFrame(text);
    EXPECT_EQ(frame.line, 0) << text;
    EXPECT_LE(frame.function.size(), text.size());
  }
}

TEST(StackFrame, IsUserCodeUnlessItBelongsToLeptirOrALibrary) {
  EXPECT_TRUE(isUserCode(parseStackFrame("app::resize(app::Image&) at /home/me/app/resize.cc:33")));
  EXPECT_TRUE(isUserCode(parseStackFrame("app::resize(app::Image&) in app")));
  EXPECT_FALSE(isUserCode(parseStackFrame("abort at ./stdlib/abort.c:79 in libc.so.6")));
  EXPECT_FALSE(isUserCode(parseStackFrame("std::vector<int>::at(unsigned long) at /usr/include/c++/12/vector:1")));
  EXPECT_FALSE(isUserCode(parseStackFrame("leptir::runMain(int, char**) in app")));
  EXPECT_FALSE(isUserCode(parseStackFrame("0x7f1234567890")));
}

}  // namespace
}  // namespace leptir::base
