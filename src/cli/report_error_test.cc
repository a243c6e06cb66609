#include "cli/report_error.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/exit_code.h"

namespace leptir::cli {
namespace {

std::string reported(const std::function<void()>& report) {
  ::testing::internal::CaptureStderr();
  report();
  return ::testing::internal::GetCapturedStderr();
}

TEST(ReportError, PrintsANoticeOnOneLineWhateverItContains) {
  EXPECT_EQ(reported([] { printNotice("{}: {}", 3, "a\nb\u202e\x7f"); }), "leptir: 3: a\\nb\\u202e\\x7f\n");
}

TEST(ReportError, KeepsTheLineFeedsOfTheMessageOfAnError) {
  const Error error(ErrorCode::NotFound, "one\ntwo\x1b");
  EXPECT_EQ(reported([&] { EXPECT_EQ(fail(error), base::kExitNotFound); }), "leptir: one\ntwo\\x1b\n");
}

}  // namespace
}  // namespace leptir::cli
