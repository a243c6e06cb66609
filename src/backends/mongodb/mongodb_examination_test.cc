// Faults of a real deployment, each found.
#include "backends/mongodb/mongodb_examination.h"

#include "backends/mongodb/mongodb_queue_fixture.h"

namespace leptir::mongodb {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

class MongodbExaminationTest : public MongodbQueueTest {
 protected:
  // Without notes: the server of the tests is a standalone one.
  std::vector<StoreFinding> examine() {
    auto examination = must(must(tryOpen(server.uri(), BrokerUse::Inspect))->examine());
    EXPECT_TRUE(examination.clock);
    std::erase_if(examination.findings,
                  [](const StoreFinding& finding) { return finding.severity == FindingSeverity::Note; });
    return examination.findings;
  }
};

TEST_F(MongodbExaminationTest, FindsNothingInAHealthyQueue) {
  open();
  must(open()->pushBrokerTasks(tasks("a", 3)));
  EXPECT_THAT(examine(), ElementsAre());
}

TEST_F(MongodbExaminationTest, FindsAnIndexThatWasDroppedAndSaysHowToMakeIt) {
  must(open()->pushBrokerTasks(tasks("a", 3)));
  database.ask(R"({"dropIndexes": "tasks", "index": "leptir_buried"})");
  EXPECT_THAT(examine(),
              ElementsAre(AllOf(Field(&StoreFinding::kind, "missing-index"),
                                Field(&StoreFinding::severity, FindingSeverity::Problem),
                                Field(&StoreFinding::what, HasSubstr("leptir_buried")),
                                Field(&StoreFinding::advice, HasSubstr("createIndex({\"leptir.buriedAt\"")))));
}

TEST_F(MongodbExaminationTest, MakesNoIndex) {
  must(open()->pushBrokerTasks(tasks("a", 3)));
  database.ask(R"({"dropIndexes": "tasks", "index": "leptir_buried"})");
  examine();
  EXPECT_THAT(examine(), Each(Field(&StoreFinding::kind, "missing-index"))) << "it is missing still";
  EXPECT_FALSE(examine().empty());
}

TEST_F(MongodbExaminationTest, TellsThatAStandaloneServerIsReplacedByNone) {
  open();
  const auto finding = standaloneFinding("mongodb db1");
  EXPECT_THAT(warningOf(finding), HasSubstr("mongodb db1: the server is standalone"));
}

}  // namespace
}  // namespace leptir::mongodb
