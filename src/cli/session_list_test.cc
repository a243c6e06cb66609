#include "cli/session_list.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "backends/memory/memory_broker.h"
#include "fleet/instance_card.h"

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;

// A store with this many sessions; negative: it cannot list them.
class FakeKeeper final : public TaskKeeper {
 public:
  explicit FakeKeeper(int sessions) : sessions_(sessions) {}

  Result<FoundTask> find(std::string_view) override { return unsupported(); }
  Result<void> remove(std::string_view) override { return unsupported(); }
  Result<CancelResult> cancel(std::string_view, std::string_view) override { return unsupported(); }
  Result<std::vector<FoundTask>> listBuried(Page) override { return unsupported(); }
  Result<std::size_t> revive(std::span<const std::string>) override { return unsupported(); }
  Result<std::vector<ListedSession>> listSessions(Page page) override {
    if (sessions_ < 0) return unsupported();
    return std::vector<ListedSession>(std::min<std::size_t>(page.limit, sessions_));
  }

 private:
  static Error unsupported() { return Error(ErrorCode::Unsupported, "cannot"); }
  int sessions_;
};

ListedSession session(std::optional<Duration> expiresIn) {
  return {.session = {.instance = "0123456789abcdef0123456789abcdef", .epoch = 7},
          .info = {.host = "web1", .pid = 1234, .version = "0.1.0", .workers = 4},
          .expiresIn = expiresIn,
          .leasedTasks = 5};
}

TEST(SessionList, ShowsTheInstanceOfEachSession) {
  const auto lines = sessionLines({.broker = "local", .sessions = {session(45s), session(0s), session({}), {}}});
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[0], "instances at broker local");
  EXPECT_EQ(lines[1], "host                          pid version    workers  leased  expires in");
  EXPECT_EQ(lines[2], "web1                         1234 0.1.0            4       5  45.0 s");
  EXPECT_EQ(lines[3], "web1                         1234 0.1.0            4       5  expired");
  EXPECT_EQ(lines[4], "web1                         1234 0.1.0            4       5  with its processes");
  EXPECT_EQ(lines[5], "-                               - -                -       0  with its processes");
}

TEST(SessionList, IsJsonForScripts) {
  const auto json = sessionsJson(std::vector<SessionList>{{.broker = "local", .sessions = {session(1500ms), {}}}});
  EXPECT_EQ(json.at(0), Json::parse(R"({"broker": "local", "instance": "0123456789abcdef0123456789abcdef", "epoch": 7,
      "host": "web1", "pid": 1234, "version": "0.1.0", "workers": 4, "leased": 5, "expiresIn": 1.5})"));
  EXPECT_TRUE(json.at(1).at("host").is_null());
  EXPECT_TRUE(json.at(1).at("expiresIn").is_null());
}

TEST(SessionList, HasTheNumberOfWorkersThatTheCardOfTheInstanceSays) {
  memory::MemoryBroker broker(std::make_shared<memory::MemoryQueue>(systemClock()));
  SessionList list{.broker = "local", .sessions = {session(45s), {}}};
  const fleet::InstanceCard card{.instance = list.sessions[0].session.instance, .workers = 9};
  ASSERT_TRUE(broker.fleet()->put(fleet::keyOf(card), fleet::textOf(card), fleet::kCardLifetime));
  updateWorkerCountsFromCards(broker.fleet(), list);
  EXPECT_EQ(list.sessions[0].info.workers, 9);
  updateWorkerCountsFromCards(nullptr, list);
  EXPECT_EQ(list.sessions[0].info.workers, 9);
}

TEST(SessionList, IsEmptyIfTheStoreCannotListItsSessions) {
  FakeKeeper keeper(-1);
  const auto list = listSessions(keeper, "local");
  EXPECT_TRUE(list.sessions.empty());
  EXPECT_TRUE(sessionLines(list).empty());
  EXPECT_EQ(sessionsJson({&list, 1}), Json::array());
}

TEST(SessionList, ShowsTheFirstHundredAndSaysHowManyMoreThereAre) {
  FakeKeeper some(130), many(5000);
  const auto list = listSessions(some, "local");
  EXPECT_EQ(sessionsJson({&list, 1}).size(), 100u);
  EXPECT_EQ(sessionsNotShown({&list, 1}), 30u);
  EXPECT_EQ(sessionLines(list).size(), 103u);
  EXPECT_EQ(sessionLines(list).back(), "and 30 more");
  EXPECT_EQ(sessionLines(listSessions(many, "local")).back(), "and 900 or more");
}

}  // namespace
}  // namespace leptir::cli
