#include "instance/metrics_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace leptir::instance {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class MetricsPages : public ::testing::Test {
 protected:
  MetricsPages() { board->setMaster(::getpid()); }
  web::Response get(const std::string& path, const std::string& accept = "") const {
    return pages.answer({.method = "GET", .path = path, .acceptHeader = accept});
  }

  const std::unique_ptr<link::StatusBoard> board = link::StatusBoard::inMemory(1, systemClock());
  const web::Routes pages = metricsPages(*board, systemClock());
};

TEST_F(MetricsPages, MetricsAreInTheFormThatTheClientPrefers) {
  const auto text = get("/metrics");
  EXPECT_EQ(text.contentType, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(text.body, HasSubstr("leptir_up 1\n"));
  const auto open = get("/metrics", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5");
  EXPECT_EQ(open.contentType, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_THAT(open.body, EndsWith("# EOF\n"));
}

TEST_F(MetricsPages, MetricsAreMadeAnewAfterAFifthOfASecond) {
  ManualClock clock;
  const auto patient = metricsPages(*board, clock);
  const auto done = [&] {
    const auto page = patient.answer({.method = "GET", .path = "/metrics"}).body;
    const auto at = page.find("\nleptir_process_starts_total{process=\"worker\"} ");
    return at == page.npos ? std::string("none") : page.substr(at, page.find('\n', at + 1) - at);
  };
  const auto first = done();
  EXPECT_NE(first, "none");
  metrics::add(board->metrics().processes[static_cast<std::size_t>(metrics::ProcessKind::Worker)].starts);
  clock.advance(std::chrono::milliseconds(199));
  EXPECT_EQ(done(), first);
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_NE(done(), first);
}

TEST_F(MetricsPages, TheHealthIsThatOfTheInstanceAtThisMoment) {
  board->setState(link::InstanceState::Starting, "broker main");
  EXPECT_EQ(get("/healthz").status, 503);
  EXPECT_EQ(get("/healthz").body,
            "not ready: starting as " + std::to_string(::getpid()) + ", waiting for broker main\n");
  board->setState(link::InstanceState::Running, "");
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_THAT(get("/healthz").body, StartsWith("ready: running as "));
  board->setState(link::InstanceState::Stopping, "1 running task");
  EXPECT_EQ(get("/healthz").status, 503);
}

TEST_F(MetricsPages, TheRootListsThePages) {
  EXPECT_THAT(get("/").body, AllOf(HasSubstr("/metrics"), HasSubstr("/healthz")));
}

}  // namespace
}  // namespace leptir::instance
