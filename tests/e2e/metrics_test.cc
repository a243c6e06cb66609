// `leptir metrics`: what a running instance has counted.
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

// The samples of an exposition, by their name and labels.
using Samples = std::map<std::string, double>;

Samples samplesIn(const std::string& text) {
  Samples samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const auto space = line.rfind(' ');
    EXPECT_TRUE(samples.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second)
        << line << " stands twice";
  }
  return samples;
}

class MetricsTest : public Installation {
 protected:
  // Empty where no instance runs, or one has just been started.
  Samples metrics() { return samplesIn(leptir({"metrics"}).out); }
  double value(const std::string& sample) {
    const auto all = metrics();
    const auto found = all.find(sample);
    return found == all.end() ? -1 : found->second;
  }
  static std::string tasks(const std::string& name, const std::string& outcome) {
    return "leptir_tasks_total{broker=\"local\",name=\"" + name + "\",outcome=\"" + outcome + "\"}";
  }
  bool counts(const std::string& sample, double wanted) {
    return eventually([&] { return value(sample) == wanted; });
  }
  // The output of a program of the machine that reads this text on its standard input, and its exit status.
  std::pair<int, std::string> fed(const std::string& command, const std::string& text) {
    const auto input = folder / "fed", output = folder / "said";
    std::ofstream(input) << text;
    const auto line = command + " < " + input.string() + " > " + output.string() + " 2>&1";
    const int status = std::system(line.c_str());
    std::ostringstream said;
    said << std::ifstream(output).rdbuf();
    return {status, said.str()};
  }
};

bool isCounter(const std::string& sample) {
  const auto name = sample.substr(0, sample.find('{'));
  const bool ofAProcess = name == "leptir_process_cpu_seconds_total";  // begins again with each process
  return !ofAProcess && (name.ends_with("_total") || name.ends_with("_bucket") || name.ends_with("_count"));
}

TEST_F(MetricsTest, TasksAreCountedByNameAndOutcome) {
  push({"noop", "--expires=+0.2"});
  const auto expired = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
  ASSERT_TRUE(eventually([&] { return std::chrono::steady_clock::now() > expired; }));
  const auto instance = start();
  leptir({"push", "noop", "--number=20"});
  push({"fail", "why=test"});
  push({"throw"});
  push({"fail", "why=test", "--maxAttempts=2", "--id=again"});
  EXPECT_TRUE(counts(tasks("noop", "succeeded"), 20)) << instance->output();
  EXPECT_TRUE(counts(tasks("noop", "expired"), 1));
  EXPECT_TRUE(counts(tasks("fail", "failed"), 1));
  EXPECT_TRUE(counts(tasks("fail", "retried"), 1));
  EXPECT_TRUE(counts(tasks("throw", "failed"), 1));
  const auto all = metrics();
  EXPECT_EQ(all.at("leptir_task_failures_total{name=\"fail\",cause=\"error\"}"), 2);
  EXPECT_EQ(all.at("leptir_task_failures_total{name=\"throw\",cause=\"threw\"}"), 1);
  EXPECT_EQ(all.at("leptir_task_run_duration_seconds_count{name=\"noop\"}"), 20);
  EXPECT_EQ(all.at("leptir_task_queue_duration_seconds_count{name=\"noop\"}"), 20);
  EXPECT_EQ(all.at("leptir_up"), 1);
  EXPECT_EQ(all.at("leptir_workers"), status().at("workers").size());
  EXPECT_GT(all.at("leptir_process_resident_memory_bytes{process=\"master\"}"), 0);
  EXPECT_GT(all.at("leptir_process_open_fds{process=\"dispatcher\"}"), 0);
  EXPECT_GT(all.at("leptir_store_operations_total{kind=\"broker\",store=\"local\",operation=\"acknowledge\"}"), 0);
  EXPECT_EQ(all.at("leptir_session_open{broker=\"local\"}"), 1);
}

TEST_F(MetricsTest, ACancelledTaskAndAKilledWorkerAreCounted) {
  const auto instance = start();
  const auto id = push({"sleep", "seconds:=600"});
  ASSERT_TRUE(counts("leptir_workers_busy", 1)) << instance->output();
  EXPECT_EQ(leptir({"cancel", id}).exit, 0);
  EXPECT_TRUE(counts(tasks("sleep", "cancelled"), 1));
  push({"crash"});
  EXPECT_TRUE(
      eventually([this] { return value("leptir_task_failures_total{name=\"crash\",cause=\"crashed\"}") >= 1; }));
  EXPECT_TRUE(eventually([this] { return value("leptir_process_crashes_total{process=\"worker\"}") >= 1; }));
}

TEST_F(MetricsTest, TheQueueIsCounted) {
  push({"noop", "--delaySeconds=3600"});
  push({"fail", "--maxAttempts=2", "--delaySeconds=3600"});
  const auto instance = start();
  EXPECT_TRUE(counts("leptir_queue_tasks{broker=\"local\",state=\"scheduled\"}", 2)) << instance->output();
}

TEST_F(MetricsTest, NoCounterFallsWhenTheDispatcherIsKilled) {
  const auto instance = start();
  leptir({"push", "noop", "--number=50"});
  ASSERT_TRUE(counts(tasks("noop", "succeeded"), 50)) << instance->output();
  const auto before = metrics();
  ASSERT_EQ(::kill(dispatcherPid(), SIGKILL), 0);
  ASSERT_TRUE(counts("leptir_process_crashes_total{process=\"dispatcher\"}", 1));
  leptir({"push", "noop", "--number=50"});
  ASSERT_TRUE(counts(tasks("noop", "succeeded"), 100)) << instance->output();
  const auto after = metrics();
  int counters = 0;
  for (const auto& [sample, was] : before) {
    if (!isCounter(sample)) continue;
    ++counters;
    ASSERT_TRUE(after.contains(sample)) << sample;
    EXPECT_GE(after.at(sample), was) << sample;
  }
  EXPECT_GT(counters, 100);
  EXPECT_EQ(after.at("leptir_process_starts_total{process=\"dispatcher\"}"), 2);
}

TEST_F(MetricsTest, PromtoolFindsNothingToComplainOf) {
  if (std::system("command -v promtool > /dev/null") != 0) GTEST_SKIP() << "promtool (Debian: prometheus) is missing";
  const auto instance = start();
  push({"noop"});
  push({"fail"});
  ASSERT_TRUE(counts(tasks("noop", "succeeded"), 1)) << instance->output();
  const auto [status, said] = fed("promtool check metrics", leptir({"metrics"}).out);
  EXPECT_EQ(status, 0) << said;
  EXPECT_EQ(said, "");
}

TEST_F(MetricsTest, AParserOfOpenMetricsAcceptsTheText) {
  const std::string parser =
      "python3 -c 'import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as "
      "parse; "
      "print(sum(len(family.samples) for family in parse(sys.stdin.read())))'";
  if (std::system("python3 -c 'import prometheus_client' 2> /dev/null") != 0)
    GTEST_SKIP() << "prometheus_client (Debian: python3-prometheus-client) is missing";
  const auto instance = start();
  push({"noop"});
  ASSERT_TRUE(counts(tasks("noop", "succeeded"), 1)) << instance->output();
  const auto text = leptir({"metrics", "--openmetrics"}).out;
  EXPECT_THAT(text, HasSubstr("\n# EOF\n"));
  const auto [status, said] = fed(parser, text);
  EXPECT_EQ(status, 0) << said;
  EXPECT_EQ(said, std::to_string(samplesIn(text).size()) + "\n");
}

TEST_F(MetricsTest, TheOutputIsReplacedAsAWhole) {
  const auto file = folder / "collected" / "leptir.prom";
  fs::create_directory(file.parent_path());
  std::ofstream(file) << "old";
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return leptir({"metrics", "--output=" + file.string()}).exit == 0; }));
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_EQ(samplesIn(text.str()).at("leptir_up"), 1);
  EXPECT_EQ(fs::status(file).permissions(),
            fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read);
  EXPECT_EQ(std::distance(fs::directory_iterator(file.parent_path()), {}), 1) << "no temporary file is left";
  const auto nowhere = leptir({"metrics", "--output=" + (folder / "none" / "x.prom").string()});
  EXPECT_EQ(nowhere.exit, 1) << "4 says that a task is not found";
  EXPECT_THAT(nowhere.err, HasSubstr("none/x.prom"));
}

TEST_F(MetricsTest, WhereNoInstanceRunsTheStatusIs3AndTheFileSaysSo) {
  const auto file = folder / "leptir.prom";
  const auto missing = leptir({"metrics", "--output=" + file.string()});
  EXPECT_EQ(missing.exit, 3);
  EXPECT_THAT(missing.err, HasSubstr("not running"));
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_EQ(samplesIn(text.str()).at("leptir_up"), 0);
  const auto alone = leptir({"metrics"});
  EXPECT_EQ(alone.exit, 3);
  EXPECT_EQ(alone.out, "");
}

}  // namespace
}  // namespace leptir::e2e
