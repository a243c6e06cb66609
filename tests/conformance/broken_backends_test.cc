// Tests the conformance suite: on each broken backend the test for its mistake must fail.
#include "tests/conformance/broken_backends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>

namespace leptir::conformance {
namespace {

struct Run {
  int status;
  std::string output;
};

// Runs this program again, for one backend and one test.
Run runSuite(const std::string& backend, const std::string& test) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto command =
      "LEPTIR_BACKEND_UNDER_TEST=" + backend + " '" + program + "' --gtest_filter='On/" + test + "/*' 2>&1";
  Run run{};
  auto* const pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  while (const auto got = std::fread(buffer, 1, sizeof buffer, pipe)) run.output.append(buffer, got);
  run.status = ::pclose(pipe);
  return run;
}

struct Mistake {
  std::string backend;
  std::string caughtBy;
};

class BrokenBackend : public ::testing::TestWithParam<Mistake> {};

TEST_P(BrokenBackend, FailsTheTestForItsMistake) {
  const auto& [backend, test] = GetParam();
  const auto run = runSuite(backend, test);
  EXPECT_NE(run.status, 0) << run.output;
  EXPECT_THAT(run.output, ::testing::HasSubstr("[  FAILED  ] On/" + test)) << run.output;
}

TEST(BrokenBackends, EachStandsInTheTable) {
  EXPECT_EQ(brokenBackends().size(), 15u) << "add a new broken backend to the table below";
}

INSTANTIATE_TEST_SUITE_P(
    Each, BrokenBackend,
    ::testing::Values(Mistake{"broken-acknowledge", "Settle.AcknowledgeWithAnEarlierLeaseNumberTouchesNothing"},
                      Mistake{"broken-lease", "Lease.TwoSessionsNeverHoldOneTask"},
                      Mistake{"broken-recovery", "Session.RecoveryNeverGivesBackATaskThatWasAcknowledgedMeanwhile"},
                      Mistake{"broken-push", "Push.ATaskWhoseIdIsInTheQueueIsNotAddedTwice"},
                      Mistake{"broken-release", "Settle.ReleaseNeverBringsBackATaskThatWasAcknowledged"},
                      Mistake{"broken-due", "Lease.ATaskThatIsNotDueIsNeverLeased"},
                      Mistake{"broken-cancel", "Settle.ACancelRequestSurvivesARelease"},
                      Mistake{"broken-meta", "Meta.ALateWriterChangesNothingAndThatIsNoError"},
                      Mistake{"broken-list", "List.ATaskThatStaysIsListedOnceWhileOthersComeAndGo"},
                      Mistake{"broken-remove-all", "RemoveAll.RemovesNoTaskThatIsLeased"},
                      Mistake{"broken-reschedule", "Reschedule.ChangesNoTaskThatIsLeasedOrBuried"},
                      Mistake{"broken-put-if-absent", "Fleet.PutIfAbsentStoresOnlyWhereThereIsNone"},
                      Mistake{"broken-version", "Fleet.TheVersionChangesWithEachChangeOfAnOrderOrAPause"},
                      Mistake{"broken-lifetime", "Fleet.ALifetimeBeginsWithTheLastPut"},
                      Mistake{"broken-records-list",
                              "RecordsList.ARecordThatIsNotSavedAgainIsListedOnceWhileOthersAre"}),
    [](const auto& mistake) {
      auto name = mistake.param.caughtBy;
      std::ranges::replace(name, '.', '_');
      return name;
    });

}  // namespace
}  // namespace leptir::conformance
