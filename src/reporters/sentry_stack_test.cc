#include "reporters/sentry_stack.h"

#include <gtest/gtest.h>

namespace leptir::reporters {
namespace {

const std::vector<std::string> kStack{"abort at ./stdlib/abort.c:79 in libc.so.6", "0x7f12ab in libx.so",
                                      "app::resize(app::Image&) at /srv/app/resize.cc:33",
                                      "leptir::runMain(int, char**) in app"};

TEST(SentryFrames, AreTheStackFromTheOutermostToTheInnermost) {
  const auto frames = sentryFrames(kStack);
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(frames[0]["function"], "leptir::runMain(int, char**)");
  EXPECT_EQ(frames[3]["function"], "abort");
}

TEST(SentryFrames, HaveFunctionFileLineAndLibrary) {
  const auto frames = sentryFrames(kStack);
  EXPECT_EQ(frames[1], (Json{{"function", "app::resize(app::Image&)"},
                             {"filename", "/srv/app/resize.cc"},
                             {"abs_path", "/srv/app/resize.cc"},
                             {"lineno", 33},
                             {"in_app", true}}));
  EXPECT_EQ(frames[3], (Json{{"function", "abort"},
                             {"filename", "./stdlib/abort.c"},
                             {"lineno", 79},
                             {"package", "libc.so.6"},
                             {"in_app", false}}));
  EXPECT_EQ(frames[2], (Json{{"instruction_addr", "0x7f12ab"}, {"package", "libx.so"}, {"in_app", false}}));
}

TEST(SentryFrames, AreNoneWithoutAStack) {
  EXPECT_EQ(sentryFrames({}), Json::array());
}

TEST(UserFunction, IsThatOfTheInnermostFrameOfTheUsersCode) {
  EXPECT_EQ(innermostUserFunction(kStack), "app::resize(app::Image&)");
  EXPECT_EQ(innermostUserFunction({"abort in libc.so.6"}), "");
}

}  // namespace
}  // namespace leptir::reporters
