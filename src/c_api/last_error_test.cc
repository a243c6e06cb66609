#include "c_api/last_error.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

namespace leptir::c_api {
namespace {

TEST(LastError, IsThatOfTheCallingThread) {
  setLastError(Error(ErrorCode::Invalid, "mine"));
  std::thread([] {
    EXPECT_STREQ(lastErrorText(), "");
    setLastError(Error(ErrorCode::Invalid, "theirs"));
    EXPECT_STREQ(lastErrorText(), "theirs");
  }).join();
  EXPECT_STREQ(lastErrorText(), "mine");
}

TEST(LastError, StaysAfterACallThatSucceeds) {
  setLastError(Error(ErrorCode::Unavailable, "down"));
  EXPECT_EQ(guarded([] { return Result<void>(); }), LEPTIR_OK);
  EXPECT_STREQ(lastErrorText(), "down");
}

TEST(LastError, EachCodeHasItsOwn) {
  EXPECT_EQ(setLastError(ErrorCode::Unavailable, ""), LEPTIR_UNAVAILABLE);
  EXPECT_EQ(setLastError(ErrorCode::Invalid, ""), LEPTIR_INVALID);
  EXPECT_EQ(setLastError(ErrorCode::TooLarge, ""), LEPTIR_TOO_LARGE);
  EXPECT_EQ(setLastError(ErrorCode::NotFound, ""), LEPTIR_NOT_FOUND);
  EXPECT_EQ(setLastError(ErrorCode::Lost, ""), LEPTIR_LOST);
  EXPECT_EQ(setLastError(ErrorCode::Corrupt, ""), LEPTIR_CORRUPT);
  EXPECT_EQ(setLastError(ErrorCode::Unsupported, ""), LEPTIR_UNSUPPORTED);
  EXPECT_EQ(setLastError(ErrorCode::TimedOut, ""), LEPTIR_TIMED_OUT);
  EXPECT_EQ(setLastError(ErrorCode::Internal, ""), LEPTIR_INTERNAL);
}

TEST(Guarded, NoExceptionPasses) {
  EXPECT_EQ(guarded([]() -> Result<void> { throw std::bad_alloc(); }), LEPTIR_INTERNAL);
  EXPECT_STREQ(lastErrorText(), "out of memory");
  EXPECT_EQ(guarded([]() -> Result<void> { throw std::runtime_error("odd"); }), LEPTIR_INTERNAL);
  EXPECT_STREQ(lastErrorText(), "odd");
  EXPECT_EQ(guarded([]() -> Result<void> { throw 7; }), LEPTIR_INTERNAL);
  EXPECT_STREQ(lastErrorText(), "an exception of an unknown type: report it as a bug of leptir");
}

TEST(Guarded, AnErrorIsItsCodeAndItsText) {
  EXPECT_EQ(guarded([] { return Result<void>(Error(ErrorCode::TooLarge, "huge")); }), LEPTIR_TOO_LARGE);
  EXPECT_STREQ(lastErrorText(), "huge");
}

}  // namespace
}  // namespace leptir::c_api
