#include "metrics/rows.h"

#include <gmock/gmock.h>

#include "metrics/metrics_table_fixture.h"
#include "metrics/observe.h"

namespace leptir::metrics {
namespace {

class RowsTest : public MetricsTableTest {};

TEST_F(RowsTest, ARowKeepsItsBrokerWhateverItsNumber) {
  const auto before = claimBrokerRows(*table, {"a", "b"});
  add(before[1]->sessionsLost);
  const auto after = claimBrokerRows(*table, {"b", "c", "a"});
  EXPECT_EQ(after[0], before[1]);
  EXPECT_EQ(after[2], before[0]);
  EXPECT_EQ(valueOf(after[0]->sessionsLost), 1u);
}

TEST_F(RowsTest, BrokersOfOneNameShareARow) {
  const auto rows = claimBrokerRows(*table, {"a", "a"});
  EXPECT_EQ(rows[0], rows[1]);
}

TEST_F(RowsTest, WhereAllRowsAreTakenABrokerThatIsNoLongerConfiguredMakesRoom) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < base::kMaxBrokers; ++i) names.push_back("broker" + std::to_string(i));
  const auto before = claimBrokerRows(*table, names);
  for (auto* row : before) {
    set(row->queueDue, 5);
    observe(row->settled, 8);
    addAsOnlyWriter(row->ends[kOtherRow][0], 1);
  }
  names[3] = "new";
  const auto after = claimBrokerRows(*table, names);
  EXPECT_EQ(after[3], before[3]);
  EXPECT_EQ(valueOf(after[3]->queueDue), 0u);
  EXPECT_EQ(read().brokers.at(3).settled.count(), 0u);
  EXPECT_EQ(read().brokers.at(3).name, "new");
  EXPECT_EQ(counted(kOtherNamesLabel), base::kMaxBrokers - 1);
}

TEST_F(RowsTest, OfABrokerThatIsNoLongerConfiguredOnlyTheCountsStay) {
  const auto rows = claimBrokerRows(*table, {"a", "b"});
  for (auto* row : rows) {
    set(row->hasSession, 1);
    set(row->inFlight, 3);
    set(row->queueCountedAt, 1);
    add(row->sessionsLost);
  }
  resetGaugesOfRemovedBrokers(*table, claimBrokerRows(*table, {"b"}));
  const auto brokers = read().brokers;
  EXPECT_FALSE(brokers.at(0).hasSession);
  EXPECT_FALSE(brokers.at(0).queue);
  EXPECT_EQ(brokers.at(0).inFlight, 0u);
  EXPECT_EQ(brokers.at(0).sessionsLost, 1u);
  EXPECT_EQ(brokers.at(1).inFlight, 3u);
}

TEST_F(RowsTest, StoragesBeyondTheRowsHaveNone) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= kMaxStorageRows; ++i) names.push_back("storage" + std::to_string(i));
  const auto rows = claimStorageRows(*table, names);
  EXPECT_NE(rows[kMaxStorageRows - 1], nullptr);
  EXPECT_EQ(rows[kMaxStorageRows], nullptr);
}

TEST_F(RowsTest, ReadingSeesNoRowThatWasNeverUsed) {
  claimStorageRows(*table, {"records"});
  EXPECT_EQ(usedStorageRows(*table).size(), 1u);
  EXPECT_EQ(usedBrokerRows(*table).size(), 0u);
  EXPECT_EQ(usedNameRows(*table).size(), 0u);
}

TEST(LabelOf, IsValidUtf8OfBoundedLength) {
  EXPECT_EQ(labelOf("App\\Mail"), "App\\Mail");
  EXPECT_EQ(labelOf("a\xff\xc3z"), "az");
  EXPECT_EQ(labelOf(std::string(200, 'x')).size(), kLabelBytes - 1);
  EXPECT_EQ(labelOf(std::string(126, 'x') + "ä"), std::string(126, 'x')) << "no half character";
}

}  // namespace
}  // namespace leptir::metrics
