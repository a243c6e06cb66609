#include "web/open_connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::web {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr BootTime kStart{};

Limits limitsOf(std::size_t connections) {
  return {.connections = connections, .firstRequest = 10s, .nextRequest = 75s, .response = 30s};
}

TEST(OpenConnections, AConnectionThatSendsNoWholeRequestIsHungUpOnce) {
  OpenConnections connections(limitsOf(10));
  connections.onOpened(5, kStart);
  EXPECT_EQ(connections.next(), kStart + 10s);
  EXPECT_THAT(connections.connectionsToClose(kStart + 9s), IsEmpty());
  EXPECT_THAT(connections.connectionsToClose(kStart + 10s), ElementsAre(5));
  EXPECT_THAT(connections.connectionsToClose(kStart + 20s), IsEmpty());
  EXPECT_EQ(connections.next(), BootTime::max());
  connections.onClosed(5);
  EXPECT_EQ(connections.size(), 0u);
}

TEST(OpenConnections, AResponseAndThePauseBeforeTheNextRequestHaveTimesOfTheirOwn) {
  OpenConnections connections(limitsOf(10));
  connections.onOpened(5, kStart);
  connections.onRequestReceived(5, kStart + 1s);
  EXPECT_EQ(connections.next(), kStart + 31s);
  connections.onResponseEnded(5, kStart + 2s);
  EXPECT_EQ(connections.next(), kStart + 77s);
  EXPECT_THAT(connections.connectionsToClose(kStart + 76s), IsEmpty());
  EXPECT_THAT(connections.connectionsToClose(kStart + 77s), ElementsAre(5));
}

TEST(OpenConnections, OneConnectionTooManyHangsUpTheOneThatHasWaitedLongest) {
  OpenConnections connections(limitsOf(2));
  connections.onOpened(5, kStart);
  connections.onOpened(6, kStart + 1s);
  connections.onRequestReceived(5, kStart + 2s);
  EXPECT_THAT(connections.connectionsToClose(kStart + 3s), IsEmpty());
  connections.onOpened(7, kStart + 3s);
  EXPECT_THAT(connections.connectionsToClose(kStart + 3s), ElementsAre(6));
  connections.onOpened(8, kStart + 4s);
  EXPECT_THAT(connections.connectionsToClose(kStart + 4s), ElementsAre(5))
      << "6 counts no more, though it is not closed yet";
}

TEST(OpenConnections, ANumberThatIsUsedAgainIsANewConnection) {
  OpenConnections connections(limitsOf(10));
  connections.onOpened(5, kStart);
  connections.connectionsToClose(kStart + 10s);
  connections.onClosed(5);
  connections.onResponseEnded(5, kStart + 10s);  // too late, and of no effect
  EXPECT_EQ(connections.size(), 0u);
  connections.onOpened(5, kStart + 11s);
  EXPECT_THAT(connections.connectionsToClose(kStart + 21s), ElementsAre(5));
}

}  // namespace
}  // namespace leptir::web
