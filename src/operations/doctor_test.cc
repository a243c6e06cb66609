// Operations::diagnose: each fault of the fleet, of queues and of stores is found, and a healthy fleet has none.
#include "operations/doctor.h"

#include "fleet/instance_card.h"
#include "fleet/pause.h"
#include "operations/machine_facts.h"
#include "operations/operations_fixture.h"

namespace leptir::operations {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;

constexpr const char* kSecondInstance = "fedcba9876543210fedcba9876543210";

auto isFinding(FindingSeverity severity, const std::string& kind, const std::string& what) {
  return AllOf(Field(&Finding::severity, severity), Field(&Finding::kind, kind),
               Field(&Finding::what, HasSubstr(what)));
}

class DoctorTest : public OperationsTest {
 protected:
  // Of an instance that works at the first broker, and has just written it.
  static fleet::InstanceCard cardOf(const char* instance = kInstance) {
    const auto now = systemClock().now();
    fleet::InstanceCard card{.instance = instance, .host = "web1", .version = "1.0.0", .broker = "first", .pid = 7};
    card.workers = 4;
    card.state = "running";
    card.since = now - 1h;
    card.written = card.renewed = now;
    card.names = {"mail"};
    return card;
  }
  void write(const fleet::InstanceCard& card, std::size_t broker = kFirst) {
    ASSERT_TRUE(store(broker).fleet()->put(fleet::keyOf(card), fleet::textOf(card), fleet::kCardLifetime));
  }
  // What the disk of this machine has left is no subject of these tests.
  std::vector<Finding> diagnose() {
    auto diagnosis = operations().diagnose();
    EXPECT_EQ(diagnosis.stores, 3u);
    std::erase_if(diagnosis.findings, [](const Finding& finding) { return finding.kind == "disk-space"; });
    return diagnosis.findings;
  }
  static std::string textOf(const std::vector<Finding>& findings) {
    std::string text;
    for (const auto& finding : findings) text += finding.kind + ": " + finding.what + "\n";
    return text;
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, DoctorTest, ::testing::Values("memory", "sqlite"));

TEST_P(DoctorTest, AHealthyFleetHasNoFinding) {
  push("a");
  push("later", 1h);
  lease();
  write(cardOf());
  write(cardOf(kSecondInstance));
  push("b");
  for (int i = 0; i < 50; ++i) saveRecord("r" + std::to_string(i), i == 0 ? ExitStatus::Error : ExitStatus::Success);
  records();
  const auto findings = diagnose();
  EXPECT_THAT(findings, IsEmpty()) << textOf(findings);
}

TEST_P(DoctorTest, StoresWithoutAnythingInThemHaveNoFinding) {
  store(kFirst), store(kSecond), records();
  EXPECT_THAT(diagnose(), IsEmpty());
}

TEST_P(DoctorTest, AStoreThatIsDownIsAFindingAndTheOthersAreExamined) {
  faults[kFirst].failUntilRepaired();
  push("a", -5min, "mail", kSecond);
  const auto diagnosis = operations().diagnose();
  EXPECT_EQ(diagnosis.stores, 3u);
  EXPECT_EQ(diagnosis.answered, 2u);
  EXPECT_FALSE(diagnosis.isHealthy());
  EXPECT_THAT(diagnosis.findings, Contains(AllOf(isFinding(FindingSeverity::Problem, "store-down", "made to fail"),
                                                 Field(&Finding::where, "broker first"))));
  EXPECT_THAT(diagnosis.findings, Contains(Field(&Finding::kind, "due-without-instance")));
}

TEST_P(DoctorTest, FindsDueTasksThatNoInstanceWorksFor) {
  push("a", -5min);
  EXPECT_THAT(diagnose(), ElementsAre(isFinding(FindingSeverity::Problem, "due-without-instance",
                                                "1 task is due, the oldest for 5 min")));
  write(cardOf());
  EXPECT_THAT(diagnose(), IsEmpty());
}

TEST_P(DoctorTest, FindsAPausedQueueThatGrows) {
  write(cardOf());
  push("before", -1h);
  const fleet::Pause pause{.by = "ann@here", .since = systemClock().now() - 20min};
  ASSERT_TRUE(store().fleet()->put(fleet::keyOf(pause), fleet::textOf(pause), {}));
  EXPECT_THAT(diagnose(), IsEmpty()) << "no task has come since";
  push("since");
  EXPECT_THAT(
      diagnose(),
      ElementsAre(AllOf(isFinding(FindingSeverity::Warning, "paused-queue-grows", "; 1 task is newly due since then"),
                        Field(&Finding::advice, HasSubstr("leptir resume --broker=first")))));
}

TEST_P(DoctorTest, FindsAPausedNameWhoseTasksCome) {
  write(cardOf());
  const fleet::Pause pause{.name = "mail", .by = "ann@here", .since = systemClock().now() - 20min};
  ASSERT_TRUE(store().fleet()->put(fleet::keyOf(pause), fleet::textOf(pause), {}));
  push("since");
  EXPECT_THAT(diagnose(), ElementsAre(AllOf(Field(&Finding::kind, "paused-queue-grows"),
                                            Field(&Finding::advice, HasSubstr("--name=mail")))));
}

TEST_P(DoctorTest, APauseThatHasJustBegunIsNoFinding) {
  write(cardOf());
  ASSERT_TRUE(operations().pause("first", ""));
  push("since");
  EXPECT_THAT(diagnose(), IsEmpty());
}

TEST_P(DoctorTest, FindsTasksWhoseNameNoInstanceKnows) {
  write(cardOf());
  push("a", {}, "mial");
  push("b", 1h, "mial");
  push("c", {}, "mail");
  EXPECT_THAT(diagnose(), ElementsAre(isFinding(FindingSeverity::Problem, "unknown-name", "knows: mial (2)")));
  auto other = cardOf(kSecondInstance);
  other.names = {"mial"};
  write(other);
  EXPECT_THAT(diagnose(), IsEmpty()) << "another instance knows it";
}

TEST_P(DoctorTest, FindsAnInstanceWhoseRenewalsAreLate) {
  auto card = cardOf();
  card.renewed = card.written - 50s;
  write(card);
  EXPECT_THAT(diagnose(), ElementsAre(AllOf(isFinding(FindingSeverity::Problem, "late-renewal", "at broker first"),
                                            Field(&Finding::where, "instance 01234567 (web1:7)"))));
}

TEST_P(DoctorTest, FindsASessionWithoutACard) {
  push("a");
  lease();
  EXPECT_THAT(diagnose(), ElementsAre(isFinding(FindingSeverity::Warning, "no-card", "(leased tasks: 1)")));
}

TEST_P(DoctorTest, FindsTwoVersionsInTheFleet) {
  write(cardOf());
  auto other = cardOf(kSecondInstance);
  other.version = "1.1.0";
  other.host = "web2";
  write(other);
  EXPECT_THAT(diagnose(),
              ElementsAre(isFinding(FindingSeverity::Warning, "two-versions", "1.0.0 (web1:7), 1.1.0 (web2:7)")));
}

TEST_P(DoctorTest, FindsAMachineWhoseClockIsWrong) {
  auto card = cardOf();
  card.written += 1min;
  card.renewed = card.written;
  write(card);
  auto slow = cardOf(kSecondInstance);
  slow.written -= 1min;
  slow.renewed = slow.written;
  write(slow);
  const auto findings = diagnose();
  EXPECT_THAT(findings, Contains(isFinding(FindingSeverity::Warning, "clock-skew", "ahead of")));
  EXPECT_THAT(findings, Contains(isFinding(FindingSeverity::Warning, "clock-skew", "behind")));
}

TEST_P(DoctorTest, FindsANameWhoseTasksAreRetriedOften) {
  write(cardOf());
  pushMany("a", 25);
  releaseDue({.failures = 1});
  EXPECT_THAT(diagnose(), ElementsAre(isFinding(FindingSeverity::Warning, "many-retries",
                                                "25 of 25 waiting tasks of the name mail")));
}

TEST_P(DoctorTest, FindsANameWhoseRunsFailOften) {
  for (int i = 0; i < 30; ++i) saveRecord("r" + std::to_string(i), i < 10 ? ExitStatus::Success : ExitStatus::Error);
  EXPECT_THAT(diagnose(),
              ElementsAre(isFinding(FindingSeverity::Warning, "fails-often", "20 of its last 30 runs failed")));
}

TEST_P(DoctorTest, FindsACancelThatWasCutOff) {
  ASSERT_TRUE(store().fleet()->put("cancels/00001000000000000000-00000000/000000", "{}", {}));
  EXPECT_THAT(diagnose(), ElementsAre(isFinding(FindingSeverity::Warning, "cancel-cut-off",
                                                "a cancel was cut off, so up to 1000 cancelled tasks have no record "
                                                "yet")));
}

TEST_P(DoctorTest, FindsManyBuriedTasks) {
  write(cardOf());
  pushMany("a", 120);
  buryDue("failed");
  EXPECT_THAT(diagnose(), ElementsAre(isFinding(FindingSeverity::Warning, "many-buried", "120 tasks are buried")));
}

TEST_P(DoctorTest, TheWorstFindingsComeFirst) {
  write(cardOf());
  auto other = cardOf(kSecondInstance);
  other.version = "1.1.0";
  write(other);
  push("a", {}, "mial");
  const auto findings = diagnose();
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].kind, "unknown-name");
  EXPECT_EQ(findings[1].kind, "two-versions");
}

TEST(DoctorOfAMachine, FindsLimitsThatAreTooLow) {
  const auto kindsOf = [](const MachineFacts& facts) {
    Findings findings;
    examineFacts(facts, 16, "machine web1", findings);
    std::vector<std::string> kinds;
    for (const auto& finding : std::move(findings).take().findings) kinds.push_back(finding.kind);
    return kinds;
  };
  constexpr std::uint64_t kGigabyte = 1'000'000'000;
  EXPECT_THAT(kindsOf({}), IsEmpty());
  EXPECT_THAT(kindsOf({.memoryAvailable = 8 * kGigabyte,
                       .memoryOfMachine = 16 * kGigabyte,
                       .memoryLimit = 2 * kGigabyte,
                       .processLimit = 1'000}),
              IsEmpty());
  EXPECT_THAT(kindsOf({.memoryLimit = kGigabyte / 8}), ElementsAre("low-limit"));
  EXPECT_THAT(kindsOf({.processLimit = 20}), ElementsAre("low-limit"));
  EXPECT_THAT(kindsOf({.memoryAvailable = kGigabyte / 10, .memoryOfMachine = 16 * kGigabyte}), ElementsAre("memory"));
  EXPECT_THAT(kindsOf({.isClockSynchronised = false}), ElementsAre("clock-skew"));
}

TEST(DoctorOfAMachine, ReadsTheFactsOfThisOne) {
  const auto facts = readMachineFacts();
  ASSERT_TRUE(facts.memoryOfMachine);
  EXPECT_GT(*facts.memoryOfMachine, 100'000'000u);
  EXPECT_LE(facts.memoryAvailable.value_or(0), *facts.memoryOfMachine);
}

}  // namespace
}  // namespace leptir::operations
