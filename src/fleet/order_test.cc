#include "fleet/order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "fleet/fleet_fixture.h"

namespace leptir::fleet {
namespace {

using Kind = Order::Kind;

const std::string kInstance(32, 'a');

Order anOrder(Kind kind, int workers = 0) {
  return {.kind = kind, .instance = kInstance, .workers = workers, .by = "ann@host", .at = kActedAt};
}

FleetEntry entryOf(const Order& order) {
  return {keyOf(order, 0x1f), textOf(order)};
}

TEST(OrderTest, AnOrderOfEachKindIsReadAsItWasWritten) {
  for (const auto kind : {Kind::Stop, Kind::StopNow, Kind::Drain, Kind::Resume, Kind::Reload})
    EXPECT_EQ(orderOf(entryOf(anOrder(kind))), anOrder(kind)) << nameOf(kind);
  for (const int workers : {1, 7, base::kMaxWorkers})
    EXPECT_EQ(orderOf(entryOf(anOrder(Kind::SetWorkers, workers))), anOrder(Kind::SetWorkers, workers));
}

TEST(OrderTest, KeysAreInTheOrderInWhichTheOrdersWereGiven) {
  auto order = anOrder(Kind::Stop);
  EXPECT_EQ(keyOf(order, 0x1f), "orders/" + kInstance + "/00001700000000250000-0000001f");
  const auto earlier = keyOf(order, UINT32_MAX);
  order.at += std::chrono::microseconds(1);
  EXPECT_LT(earlier, keyOf(order, 0));
  order.at = Time(std::chrono::microseconds(-1));
  EXPECT_EQ(keyOf(order, 0), "orders/" + kInstance + "/00000000000000000000-00000000");
}

TEST(OrderTest, TextsOfOtherProgramsOrderNothing) {
  for (const auto& text : textsOfOtherPrograms())
    EXPECT_EQ(orderOf({keyOf(anOrder(Kind::Stop), 1), text}), std::nullopt) << text.substr(0, 40);
}

TEST(OrderTest, AnOrderWithAMissingOrUnfitMemberOrdersNothing) {
  const auto entry = entryOf(anOrder(Kind::SetWorkers, 3));
  for (const auto& key : membersOf(entry)) EXPECT_EQ(orderOf(without(entry, key)), std::nullopt) << key;
  for (const auto* key : {"order", "instance", "workers"}) {
    for (const auto& value : unfitValues()) EXPECT_EQ(orderOf(with(entry, key, value)), std::nullopt) << key << value;
  }
  EXPECT_EQ(orderOf(with(entry, "order", "explode")), std::nullopt);
}

TEST(OrderTest, ANumberOfWorkersThatNoInstanceCanHaveOrdersNothing) {
  for (const int workers : {0, -1, base::kMaxWorkers + 1})
    EXPECT_EQ(orderOf(entryOf(anOrder(Kind::SetWorkers, workers))), std::nullopt) << workers;
}

TEST(OrderTest, AnOrderUnderTheKeyOfAnotherInstanceOrdersNothing) {
  auto entry = entryOf(anOrder(Kind::Stop));
  entry.key = "orders/" + std::string(32, 'b') + "/00001700000000250000-0000001f";
  EXPECT_EQ(orderOf(entry), std::nullopt);
}

TEST(OrderTest, ControlCharactersOfAUserAreEscaped) {
  auto order = anOrder(Kind::Stop);
  order.by = "ann\n2026-11-30 an invented line of the log";
  EXPECT_EQ(orderOf(entryOf(order))->by, "ann\\n2026-11-30 an invented line of the log");
}

}  // namespace
}  // namespace leptir::fleet
