#include "base/proc_text.h"

#include <gtest/gtest.h>

#include "tests/support/child.h"
#include "tests/support/other_user.h"

namespace leptir::base {
namespace {

// The kernel gives the files of a zombie in /proc to root.
bool seesThatAZombieIsGone() {
  const pid_t zombie = startChild([] { return true; });
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(zombie), &ended, WEXITED | WNOWAIT);
  bool gone = true;
  for (const auto* file : {"environ", "maps"}) {
    const auto text = readProcText(zombie, file);
    gone = gone && (text ? text->empty() : text.error().code() == ErrorCode::NotFound);
  }
  return exitedSuccessfully(zombie) && gone;
}

TEST(ReadProcText, AnswersNotFoundForAZombie) {
  EXPECT_TRUE(seesThatAZombieIsGone());
}

TEST(ReadProcText, AnswersNotFoundForAZombieToAnOrdinaryUser) {
  LEPTIR_NEEDS_ROOT();
  EXPECT_TRUE(asUser(kOtherUser, seesThatAZombieIsGone));
}

TEST(ReadProcText, AnswersUnavailableForAProcessThatMayNotBeRead) {
  LEPTIR_NEEDS_ROOT();
  EXPECT_TRUE(asUser(kOtherUser, [] {
    const auto text = readProcText(::getppid(), "environ");
    return !text && text.error().code() == ErrorCode::Unavailable;
  }));
}

}  // namespace
}  // namespace leptir::base
