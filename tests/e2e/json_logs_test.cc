// Logs of JSON lines, as each process of an instance writes them.
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

class JsonLogsTest : public Installation {
 protected:
  JsonLogsTest() {
    const auto database = (folder / "leptir.db").string();
    base = "brokers: [ { type: sqlite, connection: { path: " + database + " } } ]\n" +
           "meta_storage: [ { type: sqlite, connection: { path: " + database + " } } ]\n" +
           "loggers: { file: { type: file, format: json, options: { path: " + (folder / "log").string() + " } } }\n" +
           "tasks: { talk: { command: [/bin/sh, -c, 'printf \"from stderr\\\\n\" >&2; exit 1'] } }\n";
    config = writeConfig(base);
  }
  std::string base;  // of the configuration
  std::vector<Json> lines() const {
    std::vector<Json> lines;
    std::ifstream file(folder / "log");
    for (std::string line; std::getline(file, line);) lines.push_back(parseJson(line).value_or(Json(line)));
    return lines;
  }
};

TEST_F(JsonLogsTest, EachLineIsAnObjectThatNamesItsProcessAndItsTask) {
  const auto id = push({"talk"});
  const auto instance = start({"--drain"});
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
  std::set<std::string> processes;
  std::size_t ofTask = 0;
  for (const auto& line : lines()) {
    ASSERT_TRUE(line.is_object()) << line;
    EXPECT_EQ(line.at("instance").get<std::string>().size(), 32u) << line;
    processes.insert(line.at("process").get<std::string>());
    EXPECT_THAT(line.at("message").get<std::string>(), ::testing::Not(::testing::HasSubstr(":MASTER:")));
    if (!line.contains("task")) continue;
    ++ofTask;
    EXPECT_EQ(line["task"], id);
    EXPECT_EQ(line["name"], "talk");
    EXPECT_EQ(line["attempt"], 1);
    EXPECT_THAT(line["message"].get<std::string>(), ::testing::Not(::testing::HasSubstr(id)));
  }
  EXPECT_GE(ofTask, 2u) << "a line of the program, and how its run ended";
  EXPECT_TRUE(processes.contains("master"));
  EXPECT_TRUE(processes.contains("dispatcher"));
  EXPECT_THAT(processes, ::testing::Contains(::testing::StartsWith("worker ")));
}

TEST_F(JsonLogsTest, EachLineOfStandardOutputIsAnObject) {
  const auto database = (folder / "leptir.db").string();
  config = writeConfig("brokers: [ { type: sqlite, connection: { path: " + database + " } } ]\n" +
                       "loggers: { out: { type: stdout, format: json } }\n");
  push({"noop"});
  const auto drained = leptir({"start", "--drain"});
  EXPECT_EQ(drained.exit, 0) << drained.err;
  std::istringstream out(drained.out);
  std::size_t lines = 0;
  for (std::string line; std::getline(out, line); ++lines) EXPECT_TRUE(parseJson(line)) << line;
  EXPECT_GT(lines, 0u);
  EXPECT_THAT(drained.err, ::testing::HasSubstr("Fly buddy, fly!"));
}

TEST_F(JsonLogsTest, TheMetricsServerWritesLinesOfItsOwnLikeTheOthers) {
  const auto socket = (folder / "metrics.sock").string();
  config = writeConfig(base + "metrics: { listen: 'unix:" + socket + "' }\n");
  const auto instance = start();
  const auto ofMetrics = [this] {
    for (const auto& line : lines()) {
      if (line.value("process", "") == "metrics server") return line.value("message", "");
    }
    return std::string();
  };
  ASSERT_TRUE(eventually([&] { return !ofMetrics().empty(); })) << instance->output();
  EXPECT_EQ(ofMetrics(), "Metrics are served at unix:" + socket + ".");
  for (const auto& line : lines()) EXPECT_THAT(line.at("message").get<std::string>(), ::testing::Not(HasSubstr("](:")));
}

TEST_F(JsonLogsTest, AReloadKeepsTheNameOfTheInstance) {
  const auto instance = start();
  waitUntilRunning();
  ASSERT_EQ(leptir({"reload"}).exit, 0);
  const auto id = push({"talk"});
  ASSERT_TRUE(eventually([&] { return info(id).contains("retC"); })) << instance->output();
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
  std::set<std::string> instances;
  for (const auto& line : lines()) instances.insert(line.value("instance", ""));
  EXPECT_EQ(instances.size(), 1u);
}

}  // namespace
}  // namespace leptir::e2e
