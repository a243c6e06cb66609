#include "settlement/user_frame.h"

#include <gtest/gtest.h>

namespace leptir::settlement {
namespace {

const std::string kOurSources = std::string(__FILE__).substr(0, std::string(__FILE__).rfind("src/settlement/"));

TEST(UserFrame, IsTheInnermostFrameOfTheUsersProgram) {
  EXPECT_EQ(userFrame({"__memmove_avx at ../sysdeps/x86_64/memmove.S:10 in libc.so.6", "abort in libc.so.6",
                       "std::vector<int>::at(unsigned long) at /usr/include/c++/12/vector:1",
                       "app::resize(app::Image&) at /home/me/app/resize.cc:33", "main at /home/me/app/main.cc:5"}),
            "app::resize(app::Image&) at /home/me/app/resize.cc:33");
}

TEST(UserFrame, MayHaveARelativeSourcePath) {
  EXPECT_EQ(userFrame({"raise at ../sysdeps/posix/raise.c:26 in libc.so.6", "helper(int) at main.cc:5"}),
            "helper(int) at main.cc:5");
}

TEST(UserFrame, MayHaveSourcesBelowUsrSrcAsInContainerImages) {
  for (const auto* own : {"resize(int) at /usr/src/app/resize.cc:33", "resize(int) at /usr/local/src/app/resize.cc:33"})
    EXPECT_EQ(userFrame({"std::vector<int>::at(unsigned long) at /usr/local/include/c++/14/vector:1",
                         "_mm_load_ps at /usr/lib/gcc/x86_64-linux-gnu/12/include/xmmintrin.h:9",
                         "inflate at /usr/src/debug/zlib-1.3/inflate.c:5 in libz.so.1", own}),
              own);
}

TEST(UserFrame, MayBelongToTheUsersOwnSharedLibrary) {
  EXPECT_EQ(userFrame({"abort at ./stdlib/abort.c:79 in libc.so.6",
                       "std::terminate() at ../../../../src/libstdc++-v3/libsupc++/eh_terminate.cc:58 in "
                       "libstdc++.so.6",
                       "resize_image at /home/me/app/lib.cc:1 in libmine.so", "main at /home/me/app/main.cc:5"}),
            "resize_image at /home/me/app/lib.cc:1 in libmine.so");
  EXPECT_EQ(userFrame({"resize_image at lib.cc:1 in libmine.so", "main at /home/me/app/main.cc:5"}),
            "resize_image at lib.cc:1 in libmine.so");
}

TEST(UserFrame, IsNamedByItsFunctionWhereNoLineIsKnown) {
  EXPECT_EQ(userFrame({"strlen in libc.so.6", "std::vector<int>::at(unsigned long) in app",
                       "main::{lambda(leptir::TaskContext&)#1}::operator()(leptir::TaskContext&) const in app",
                       "operator() at " + kOurSources + "src/task/executor.cc:109"}),
            "main::{lambda(leptir::TaskContext&)#1}::operator()(leptir::TaskContext&) const in app");
  EXPECT_EQ(userFrame({"int (anonymous namespace)::spoil<int>(leptir::TaskContext&) in app"}),
            "int (anonymous namespace)::spoil<int>(leptir::TaskContext&) in app");
}

TEST(UserFrame, IsTheUsersLambdaThatWasInlinedIntoAnotherFunction) {
  const std::string made =
      "leptir::internal::TypedTask<Parameters, main::{lambda(Parameters const&, leptir::TaskContext&)#1}>::doJob() in "
      "app";
  EXPECT_EQ(userFrame({made, "operator() at " + kOurSources + "src/task/executor.cc:109",
                       "leptir::task::Executor::callDoJob(leptir::task::Executor::Execution&) at " + kOurSources +
                           "src/task/executor.cc:109"}),
            "main::{lambda(Parameters const&, leptir::TaskContext&)#1} in app");
}

TEST(UserFrame, IsNeverAFrameOfLeptir) {
  EXPECT_EQ(userFrame({"poll in libc.so.6", "operator() at " + kOurSources + "src/task/executor.cc:109",
                       "void "
                       "leptir::task::Executor::callUserCode<leptir::task::Executor::callDoJob(leptir::task::Executor::"
                       "Execution&)::"
                       "{lambda()#1}>(leptir::task::Executor::Execution&) in app",
                       "leptir::worker::(anonymous namespace)::Worker::execute(leptir::worker::BegunCell const&) at " +
                           kOurSources + "src/worker/worker.cc:150",
                       "0x7f1234567890 in app", "0x7f1234567890"}),
            "");
  EXPECT_EQ(userFrame({}), "");
}

}  // namespace
}  // namespace leptir::settlement
