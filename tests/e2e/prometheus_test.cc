// What packaging/ has for Prometheus and Grafana, with a real Prometheus that scrapes a running instance.
#include <gmock/gmock.h>

#include <fstream>
#include <regex>

#include "tests/e2e/metrics_server.h"
#include "tests/e2e/prometheus.h"
#include "tests/support/folders.h"

namespace leptir::e2e {
namespace {

class PrometheusTest : public InstanceWithMetrics {
 protected:
  void SetUp() override {
    if (!Prometheus::isInstalled()) GTEST_SKIP() << "no prometheus on the PATH";
    instance = start();
    prometheus.emplace(port, sourceFolder() / "packaging/prometheus/leptir-rules.yml");
    ASSERT_TRUE(eventually([this] { return prometheus->isReady(); })) << prometheus->log();
    ASSERT_TRUE(eventually([this] { return has("leptir_up == 1"); })) << prometheus->log() << instance->output();
  }

  bool has(const std::string& expression) const { return !prometheus->samplesOf(expression).empty(); }

  // Tasks that succeed, fail and are buried, so that each metric of tasks has values.
  void runSomeTasks() {
    for (int i = 0; i < 5; ++i) push({"noop"});
    push({"fail", "--maxAttempts=2"});
    push({"sleep", "seconds:=0.05"});
  }

  std::unique_ptr<StartedInstance> instance;
  std::optional<Prometheus> prometheus;
};

struct Query {
  std::string panel, expression;
};

// The queries of all panels, with values for the variables of Grafana.
std::vector<Query> queriesOfDashboard() {
  std::ifstream file(sourceFolder() / "packaging/grafana/leptir.json");
  const auto dashboard = Json::parse(file);
  std::vector<Query> queries;
  for (const auto& panel : dashboard.at("panels")) {
    for (const auto& target : panel.value("targets", Json::array())) {
      auto text = target.at("expr").get<std::string>();
      text = std::regex_replace(text, std::regex(R"(\$__rate_interval)"), "30s");
      text = std::regex_replace(text, std::regex(R"(\$(job|instance))"), ".*");
      queries.push_back({panel.at("title").get<std::string>(), text});
    }
  }
  return queries;
}

TEST_F(PrometheusTest, EachQueryOfTheDashboardIsAnsweredAndHasData) {
  // Neither error reporters nor tracing are configured here.
  const auto mayBeEmpty = [](const std::string& expression) {
    return expression.find("leptir_error_reports_total") != expression.npos ||
           expression.find("leptir_spans_") != expression.npos;
  };
  leptir({"push", "unheard.of", "--quiet"});  // stays due
  const auto queries = queriesOfDashboard();
  ASSERT_GT(queries.size(), 30u);
  for (const auto& query : queries) {
    if (mayBeEmpty(query.expression)) {
      prometheus->samplesOf(query.expression);  // an error fails the test
      continue;
    }
    EXPECT_TRUE(eventually([&] {
      if (has(query.expression)) return true;
      runSomeTasks();
      return false;
    })) << query.panel
        << " has no data: " << query.expression;
  }
}

TEST_F(PrometheusTest, EachAlertIsEvaluatedAndExplained) {
  std::ifstream page(sourceFolder() / "docs/guide/monitoring.md");
  const std::string explained{std::istreambuf_iterator<char>(page), {}};
  const auto rules = [this] {
    Json all = Json::array();
    const auto data = prometheus->ask("/api/v1/rules");
    for (const auto& group : data.value("groups", Json::array()))
      for (const auto& rule : group.at("rules")) all.push_back(rule);
    return all;
  };
  ASSERT_TRUE(eventually([&] {
    const auto all = rules();
    return !all.empty() && std::ranges::none_of(all, [](const auto& rule) { return rule.at("health") == "unknown"; });
  }));
  EXPECT_GE(rules().size(), 17u);
  for (const auto& rule : rules()) {
    const auto name = rule.at("name").get<std::string>();
    EXPECT_EQ(rule.at("health"), "ok") << name << ": " << rule.value("lastError", "");
    EXPECT_NE(explained.find("`" + name + "`"), explained.npos) << "docs/guide/monitoring.md does not explain " << name;
  }
}

TEST_F(PrometheusTest, TheScrapesAreWholeAndOfTheNewestForm) {
  const auto targets = prometheus->ask("/api/v1/targets").at("activeTargets");
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets.at(0).at("health"), "up");
  EXPECT_EQ(targets.at(0).at("lastError"), "");
  const auto types = prometheus->ask("/api/v1/metadata");
  EXPECT_EQ(types.at("leptir_tasks").at(0).at("type"), "counter") << "OpenMetrics names a counter without _total";
}

TEST_F(PrometheusTest, AKilledInstanceIsAboutToAlarm) {
  const auto pending = "ALERTS{alertname=\"LeptirInstanceDown\", alertstate=\"pending\"}";
  EXPECT_FALSE(has(pending));
  instance.reset();
  EXPECT_TRUE(eventually([&] { return has(pending); })) << prometheus->log();
}

}  // namespace
}  // namespace leptir::e2e
