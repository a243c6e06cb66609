// What valid configurations mean. Invalid ones are in config_errors_test.cc.
#include "config/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_test_support.h"

namespace leptir::config {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using namespace std::chrono_literals;

// An example of every section.
constexpr std::string_view kWholeExample = R"(leptir:
  brokers:
    - { name: local, type: sqlite, connection: { path: /var/lib/leptir/leptir.db }, configuration: { priority: 0, task_count_caching_time: 0.2 } }
    - { type: server,  connection: { host: localhost, port: 6379, options: { readPreference: secondaryPreferred } }, configuration: { priority: 1 } }
  daemon:
    configuration: { task_execution_time: 600, number_of_workers: 4, empty_queue_sleep_time: 0.5, workers_active_sleep_time: 0.2,
                     kill_grace: 1, shutdown_grace: unlimited }
  loggers:
    logfile:   { type: file, options: { path: /var/log/leptir.log } }
    stdoutlog: { type: stdout }
  meta_storage:
    - { type: server, connection: { host: localhost }, configuration: { expire_after_seconds: 86400, required: true } }
  tasks:                                       # a program in any language: argv, never a shell
    report.monthly: { command: [/usr/bin/python3, report.py, "{month}"], warning_exit_codes: [3] }
)";

void expectWholeExample(const Result<Config>& read) {
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->brokers.size(), 2u);
  EXPECT_EQ(read->brokers[0].name, "local");
  EXPECT_EQ(read->brokers[0].connection, (Json{{"path", "/var/lib/leptir/leptir.db"}}));
  EXPECT_EQ(read->brokers[0].taskCountCachingTime, 200ms);
  EXPECT_EQ(read->brokers[1].name, "server");
  EXPECT_EQ(read->brokers[1].priority, 1);
  EXPECT_EQ(read->brokers[1].connection["options"], (Json{{"readPreference", "secondaryPreferred"}}));
  ASSERT_EQ(read->metaStorages.size(), 1u);
  EXPECT_EQ(read->metaStorages[0].expireAfter, 24h);
  EXPECT_TRUE(read->metaStorages[0].required);
  ASSERT_EQ(read->loggers.size(), 2u);
  EXPECT_EQ(read->loggers[0].name, "logfile");
  EXPECT_EQ(read->loggers[0].path, "/var/log/leptir.log");
  EXPECT_EQ(read->loggers[1].type, LogSinkConfig::Type::Stdout);
  EXPECT_THAT(read->programs.at("report.monthly").command, ElementsAre("/usr/bin/python3", "report.py", "{month}"));
  EXPECT_THAT(read->programs.at("report.monthly").warningExitCodes, ElementsAre(3));
}

TEST(ConfigReader, ReadsAnExampleOfEverySection) {
  expectWholeExample(readYaml(kWholeExample));
}

// PHP's configurations write numbers as texts.
TEST(ConfigReader, ReadsANumberThatStandsInQuotes) {
  const auto read =
      readJsonConfig(R"({"brokers":[{"type":"server","connection":{"port":"6380"},"configuration":{"priority":"3"}}],)"
                     R"("meta_storage":[{"type":"server","configuration":{"expire_after_seconds":"60"}}],)"
                     R"("daemon":{"configuration":{"number_of_workers":"2","empty_queue_sleep_time":"0.5"}}})");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->brokers[0].connection.at("port"), 6380);
  EXPECT_EQ(read->brokers[0].priority, 3);
  EXPECT_EQ(read->metaStorages[0].expireAfter, 60s);
  EXPECT_EQ(read->daemon.numberOfWorkers, 2);
}

TEST(ConfigReader, ReadsSectionsWithoutTheTopKey) {
  const auto read = readYaml("brokers: [{type: server}]\nmeta_storage: []\n");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->brokers[0].name, "server");
}

TEST(ConfigReader, HasPhpLeptirsDefaults) {
  const auto read = readYaml(withBroker(""));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->daemon.taskExecutionTime, 600s);
  EXPECT_EQ(read->daemon.numberOfWorkers, 4);
  EXPECT_EQ(read->daemon.emptyQueueSleepTime, 500ms);
  EXPECT_EQ(read->daemon.workersActiveSleepTime, 200ms);
  EXPECT_EQ(read->daemon.killGrace, 1s);
  EXPECT_EQ(read->daemon.shutdownGrace, std::nullopt);
  EXPECT_EQ(read->brokers[0].priority, 0);
  EXPECT_EQ(read->brokers[0].taskCountCachingTime, 200ms);
  EXPECT_TRUE(read->metaStorages.empty());
  EXPECT_EQ(read->file, "/etc/leptir.yaml");
}

TEST(ConfigReader, FillsConnectionsWithDefaults) {
  const auto read = readYaml("brokers: [{type: server, connection: {port: 1}}]");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->brokers[0].connection, (Json{{"host", "localhost"},
                                               {"port", 1},
                                               {"weight", 0.5},
                                               {"tls", false},
                                               {"password", ""},
                                               {"options", Json::object()}}));
}

TEST(ConfigReader, ReadsEachSettingOfTheDaemon) {
  const auto read = readYaml(withBroker(R"(daemon:
  configuration:
    task_execution_time: 0
    number_of_workers: 1024
    empty_queue_sleep_time: 1.5
    workers_active_sleep_time: 1e-3
    kill_grace: 2
    shutdown_grace: 30
)"));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->daemon.taskExecutionTime, 0s);
  EXPECT_EQ(read->daemon.numberOfWorkers, 1024);
  EXPECT_EQ(read->daemon.emptyQueueSleepTime, 1500ms);
  EXPECT_EQ(read->daemon.workersActiveSleepTime, 1ms);
  EXPECT_EQ(read->daemon.killGrace, 2s);
  EXPECT_EQ(read->daemon.shutdownGrace, 30s);
}

TEST(ConfigReader, AcceptsPhpLeptirsNameOfTheDaemonSection) {
  constexpr std::string_view kSettings = "leptir: {configuration: {number_of_workers: 7}}";
  EXPECT_EQ(readYaml(withBroker(kSettings))->daemon.numberOfWorkers, 7);
  EXPECT_EQ(readYaml("leptir: {brokers: [{type: server}], " + std::string(kSettings) + "}")->daemon.numberOfWorkers, 7);
}

TEST(ConfigReader, ReadsPhpLeptirsExampleAsPhpWritesItInJson) {
  const auto read = readJsonConfig(R"({"leptir": {
    "brokers": [
      {"type": "server", "connection": {"host": "localhost", "port": 27017, "options": {"secondaryPreferred": true}},
       "configuration": {"priority": 1, "task_count_caching_time": 0.6}},
      {"type": "server", "connection": {"port": 2}, "configuration": {"priority": 2}}],
    "loggers": {"logfile": {"type": "file", "options": {"path": "\/var\/log\/leptir.log"}}, "stdoutlog": {"type": "stdout"}},
    "daemon": {"configuration": {"task_execution_time": 600, "number_of_workers": 4,
                                 "empty_queue_sleep_time": 0.5, "workers_active_sleep_time": 0.2}},
    "meta_storage": [{"type": "server", "connection": [], "configuration": []},
                     {"type": "server", "connection": {"port": 3}, "configuration": {"expire_after_seconds": 86400}}]}})");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->brokers[0].connection["options"], (Json{{"secondaryPreferred", true}}));
  EXPECT_EQ(read->brokers[0].taskCountCachingTime, 600ms);
  EXPECT_EQ(read->brokers[1].name, "server-2");
  EXPECT_EQ(read->loggers[0].path, "/var/log/leptir.log");
  EXPECT_EQ(read->metaStorages[0].expireAfter, std::nullopt);
  EXPECT_EQ(read->metaStorages[1].expireAfter, 24h);
}

TEST(ConfigReader, NamesOtherStoresByTypeWithoutTakingNamesGiven) {
  const auto read = readYaml(R"(brokers:
  - {type: server, connection: {port: 1}}
  - {type: server, connection: {port: 2}}
  - {type: server, connection: {port: 3}, name: server-2}
  - {type: server, connection: {port: 4}}
)");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->brokers[0].name, "server");
  EXPECT_EQ(read->brokers[1].name, "server-3");
  EXPECT_EQ(read->brokers[2].name, "server-2");
  EXPECT_EQ(read->brokers[3].name, "server-4");
}

TEST(ConfigReader, LetsRecordsExpireAsTheStoreOrTheFileSays) {
  const auto expiry = [](const std::string& storage) {
    const auto read = readYaml(withBroker("meta_storage: [" + storage + "]"));
    EXPECT_TRUE(read) << read.error().message();
    return read->metaStorages[0].expireAfter;
  };
  EXPECT_EQ(expiry("{type: sqlite, connection: {path: /a}}"), 24h * 7);
  EXPECT_EQ(expiry("{type: server}"), std::nullopt);
  EXPECT_EQ(expiry("{type: server, configuration: {expire_after_seconds: 1.5}}"), 1500ms);
  EXPECT_EQ(expiry("{type: sqlite, connection: {path: /a}, configuration: {expire_after_seconds: -1}}"), std::nullopt);
  EXPECT_EQ(expiry("{type: sqlite, connection: {path: /a}, configuration: {expire_after_seconds: 0}}"), std::nullopt);
}

TEST(ConfigReader, ResolvesRelativePathsFromTheFilesFolder) {
  const auto read = readYaml(R"(brokers: [{type: sqlite, connection: {path: data/../leptir.db}}]
loggers: {a: {type: file, options: {path: leptir.log}}}
tasks: {t: {command: [x], directory: work}}
)");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->brokers[0].connection["path"], "/etc/leptir.db");
  EXPECT_EQ(read->loggers[0].path, "/etc/leptir.log");
  EXPECT_EQ(read->programs.at("t").directory, "/etc/work");
}

TEST(ConfigReader, LogsToStdoutUnlessTheFileNamesLoggers) {
  EXPECT_EQ(readYaml(withBroker(""))->loggers.size(), 1u);
  EXPECT_TRUE(readYaml(withBroker("loggers: {}"))->loggers.empty());
  const auto quiet = readYaml(withBroker("loggers: {err: {type: stderr, level: warning}}"));
  EXPECT_EQ(quiet->loggers[0].type, LogSinkConfig::Type::Stderr);
  EXPECT_EQ(quiet->loggers[0].level, LogLevel::Warning);
  EXPECT_EQ(quiet->loggers[0].format, LogFormat::Text);
}

TEST(ConfigReader, ReadsWhereSpansAreSent) {
  EXPECT_EQ(readYaml(withBroker(""))->tracing.endpoint, "");
  const auto read = readYaml(withBroker(
      "tracing: {endpoint: 'https://c:4318', headers: {api-key: k, x-tenant: '7'}, sample: 0.01, service_name: mail}"));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->tracing.endpoint, "https://c:4318");
  EXPECT_EQ(read->tracing.headers,
            (std::vector<std::pair<std::string, std::string>>{{"api-key", "k"}, {"x-tenant", "7"}}));
  EXPECT_EQ(read->tracing.sample, 0.01);
  EXPECT_EQ(read->tracing.serviceName, "mail");
  EXPECT_EQ(readYaml(withBroker("tracing: {endpoint: 'http://c'}"))->tracing.serviceName, "leptir");
}

TEST(ConfigReader, ReadsTheFormatOfALogger) {
  const auto read = readYaml(withBroker("loggers: {a: {type: stdout, format: json}, b: {type: stderr, format: text}}"));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->loggers[0].format, LogFormat::JsonLines);
  EXPECT_EQ(read->loggers[1].format, LogFormat::Text);
  EXPECT_THAT(readYaml(withBroker("loggers: {a: {type: stdout, format: jsn}}")).error().message(),
              testing::EndsWith("'format' of logger 'a' must be one of text, json, not 'jsn': did you mean 'json'?"));
}

TEST(ConfigReader, UsesOneSqliteFileWhenNoStoreIsNamed) {
  ::setenv("XDG_STATE_HOME", "/somewhere", 1);
  const auto read = readYaml("tasks: {t: {command: [x]}}");
  const auto withoutRecords = readYaml("meta_storage: []");
  ::unsetenv("XDG_STATE_HOME");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->brokers[0].connection["path"], "/somewhere/leptir/leptir.db");
  EXPECT_EQ(read->metaStorages[0].connection["path"], "/somewhere/leptir/leptir.db");
  EXPECT_EQ(read->metaStorages[0].expireAfter, 24h * 7);
  EXPECT_TRUE(withoutRecords->metaStorages.empty());
}

TEST(ConfigReader, TakesArgumentsAndEnvironmentAsTheyAreWritten) {
  const auto read = readYaml(withBroker(R"(tasks:
  t: { command: [sleep, 012, 1.50, true, "{a}{{b}}"], environment: { DEBUG: 1, "RATE": 1e3, EMPTY: "" } }
)"));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_THAT(read->programs.at("t").command, ElementsAre("sleep", "012", "1.50", "true", "{a}{{b}}"));
  EXPECT_THAT(read->programs.at("t").environment,
              ElementsAre(Pair("DEBUG", "1"), Pair("EMPTY", ""), Pair("RATE", "1e3")));
}

TEST(ConfigReader, ReadsAnAliasAsWhatItStandsFor) {
  const auto read = readYaml(R"(brokers: [{type: server, connection: &there {host: far, port: 3}}]
meta_storage: [{type: server, connection: *there}]
)");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->metaStorages[0].connection, read->brokers[0].connection);
}

TEST(ConfigReader, ReadsByteOrderMarksAndWindowsLineEnds) {
  EXPECT_TRUE(
      readYaml("\xef\xbb\xbf"
               "brokers:\r\n  - type: server\r\n"));
  EXPECT_TRUE(readJsonConfig("\xef\xbb\xbf{\r\n\t\"brokers\": [{\"type\": \"server\"}]}"));
}

TEST(ConfigReader, ChoosesTheParserByNameElseByTheFirstCharacter) {
  const auto backends = fakeBackends();
  EXPECT_TRUE(readConfig(R"({"brokers": [{"type": "server"}]})", "/c", backends));
  EXPECT_TRUE(readConfig("brokers: [{type: server}]", "/c.conf", backends));
  EXPECT_TRUE(readConfig("{brokers: [{type: server}]}", "/c.yml", backends));
  EXPECT_FALSE(readConfig("brokers: [{type: server}]", "/c.json", backends));
}

TEST(ConfigReader, ReadsTheRulesOfATaskName) {
  const auto read = readYaml(
      "tasks: {image.resize: {time_limit: 30, memory: 512M, cpu_seconds: 20, open_files: 64, file_size: 1G, nice: 5,"
      " max_attempts: 5, retry_delay: 0.5, max_running: 2}}");
  ASSERT_TRUE(read) << read.error().message();
  const auto& rules = read->rules.at("image.resize");
  EXPECT_EQ(rules.timeLimit, 30s);
  EXPECT_EQ(rules.maxAttempts, 5u);
  EXPECT_EQ(rules.retryDelay, 500ms);
  EXPECT_EQ(rules.maxRunning, 2u);
  EXPECT_EQ(rules.limits.memory, 512u << 20);
  EXPECT_EQ(rules.limits.cpuSeconds, 20);
  EXPECT_EQ(rules.limits.openFiles, 64);
  EXPECT_EQ(rules.limits.fileSize, 1u << 30);
  EXPECT_EQ(rules.limits.nice, 5);
  EXPECT_TRUE(read->programs.empty());
}

}  // namespace
}  // namespace leptir::config
