#include "instance/broker_table.h"

#include <gtest/gtest.h>

namespace leptir::instance {
namespace {

Config::Broker broker(const std::string& name, const std::string& path, std::int64_t priority = 0) {
  return {.name = name, .type = "sqlite", .connection = {{"path", path}}, .priority = priority};
}

const auto kNoneEnded = [](std::size_t) { return false; };

TEST(BrokerTable, KeepTheirNumberIfTheFileNamesBrokersInAnotherOrder) {
  const BrokerTable before({broker("a", "/a"), broker("b", "/b")});
  const auto after = before.with({broker("b", "/b", 7), broker("new", "/a")}, kNoneEnded).value();
  ASSERT_EQ(after.entries().size(), 2u);
  EXPECT_EQ(after.entries()[0].broker.name, "new") << "another name for the same store";
  EXPECT_EQ(after.entries()[1].broker.priority, 7);
  EXPECT_FALSE(after.entries()[0].isNewBroker || after.entries()[1].isNewBroker);
}

TEST(BrokerTable, OfARemovedBrokerStayUntilItsTasksHaveEnded) {
  const BrokerTable both({broker("a", "/a"), broker("b", "/b")});
  const auto one = both.with({broker("b", "/b")}, kNoneEnded).value();
  EXPECT_TRUE(one.entries()[0].detaching);
  EXPECT_EQ(one.brokers().size(), 2u);
  EXPECT_EQ(one.changesSince(both), ", broker a removed");

  const auto waits = one.with({broker("b", "/b"), broker("c", "/c")}, kNoneEnded).value();
  ASSERT_EQ(waits.entries().size(), 3u);
  EXPECT_TRUE(waits.entries()[0].detaching);

  const auto taken = one.with({broker("b", "/b"), broker("c", "/c")}, [](std::size_t line) { return line == 0; });
  ASSERT_EQ(taken->entries().size(), 2u);
  EXPECT_EQ(taken->entries()[0].broker.name, "c");
  EXPECT_TRUE(taken->entries()[0].isNewBroker);
  EXPECT_EQ(taken->changesSince(one), ", broker c added");
}

TEST(BrokerTable, OfABrokerThatComesBackAreItsOldOnes) {
  const BrokerTable before({broker("a", "/a"), broker("b", "/b")});
  const auto without = before.with({broker("b", "/b")}, kNoneEnded).value();
  const auto again = without.with({broker("a", "/a"), broker("b", "/b")}, [](std::size_t) { return true; }).value();
  ASSERT_EQ(again.entries().size(), 2u);
  EXPECT_FALSE(again.entries()[0].detaching || again.entries()[0].isNewBroker);
  EXPECT_EQ(again.changesSince(without), ", broker a added");
}

TEST(BrokerTable, WithAnotherConnectionAreThoseOfAnotherBroker) {
  const BrokerTable before({broker("a", "/a")});
  const auto after = before.with({broker("a", "/elsewhere")}, kNoneEnded).value();
  ASSERT_EQ(after.entries().size(), 2u);
  EXPECT_TRUE(after.entries()[0].detaching);
  EXPECT_TRUE(after.entries()[1].isNewBroker);
  EXPECT_EQ(after.changesSince(before), ", broker a replaced");
}

TEST(BrokerTable, AreNoMoreThanTheSharedPageHas) {
  std::vector<Config::Broker> many;
  for (std::size_t i = 0; i < base::kMaxBrokers; ++i) many.push_back(broker("b", "/" + std::to_string(i)));
  const BrokerTable full(many);
  many.back() = broker("b", "/new");
  EXPECT_EQ(full.with(many, kNoneEnded).error().code(), ErrorCode::Invalid);
}

TEST(BrokerTable, NeverUseAnEpochThatAnotherLineMayHaveUsedAtTheSameStore) {
  link::SharedPage page;
  page.brokers[0].epoch = 5;
  page.brokers[1].epoch = 2;
  page.brokers[1].ended = 1;
  const BrokerTable before({broker("a", "/a"), broker("b", "/b")});
  const auto left = before.with({broker("a", "/a")}, kNoneEnded).value();
  const auto after = left.with({broker("a", "/a"), broker("c", "/a?other")}, [](std::size_t) { return true; }).value();
  after.updateSharedPage(page);
  EXPECT_EQ(page.brokers[0].epoch, 5u) << "the session of broker a goes on";
  EXPECT_EQ(page.brokers[1].epoch, 0u);
  EXPECT_EQ(page.brokers[1].maxEpochElsewhere, 5u);
  EXPECT_EQ(page.brokers[1].ended, 0u);
}

}  // namespace
}  // namespace leptir::instance
