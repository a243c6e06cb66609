// The errors that bad configurations get: each class of error, with its line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "config/config_test_support.h"
#include "tests/support/temp_dir.h"

namespace leptir::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string inDaemon(std::string_view setting) {
  return errorsIn(withBroker("daemon:\n  configuration:\n    " + std::string(setting) + "\n"));
}

std::string inConnection(std::string_view setting) {
  return errorsIn("brokers:\n  - type: server\n    connection:\n      " + std::string(setting) + "\n");
}

class QueueBackend final : public FakeBackend {
 public:
  QueueBackend() : FakeBackend("queue", {}, std::nullopt) {}
  std::string_view whyNoRecords() const override { return "it keeps no records: use sqlite"; }
};

TEST(ConfigErrors, SayThatAStoreWithoutRecordsIsNoMetaStorage) {
  std::vector<std::unique_ptr<Backend>> all;
  all.push_back(std::make_unique<QueueBackend>());
  const auto read = readConfig("brokers:\n  - type: queue\nmeta_storage:\n  - type: queue\n", "/etc/leptir.yaml",
                               Backends(std::move(all)));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(), "/etc/leptir.yaml:4: meta storage 1: it keeps no records: use sqlite");
}

TEST(ConfigErrors, BeginWithFileAndLine) {
  const auto read = readYaml(withBroker("\nloggrs: {}"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::Invalid);
  EXPECT_EQ(read.error().message(), "/etc/leptir.yaml:3: unknown key 'loggrs': did you mean 'loggers'?");
}

TEST(ConfigErrors, NameTheMostSimilarKnownKey) {
  EXPECT_EQ(inDaemon("number_of_worker: 3"),
            "4: unknown key 'number_of_worker' in daemon.configuration: did you mean 'number_of_workers'?");
  EXPECT_EQ(inConnection("prot: 3"), "4: unknown key 'prot' in 'connection' of broker 1: did you mean 'port'?");
}

TEST(ConfigErrors, ListTheKnownKeysIfNoneIsSimilar) {
  EXPECT_EQ(errorsIn(withBroker("daemon: {zebra: 1, configuration: {}}")),
            "2: unknown key 'zebra' in 'daemon': known are configuration");
}

TEST(ConfigErrors, IncludeMoreBrokersThanAnInstanceMayHave) {
  const auto brokers = [](int number) {
    std::string yaml = "brokers:\n";
    for (int i = 0; i < number; ++i)
      yaml += "  - { type: server, connection: { port: " + std::to_string(1000 + i) + " } }\n";
    return yaml;
  };
  EXPECT_THAT(errorsIn(brokers(65)), HasSubstr("'brokers' holds 65, and may hold at most 64"));
  EXPECT_TRUE(readYaml(brokers(64)));
}

TEST(ConfigErrors, SayThatMergeKeysAreNotSupported) {
  EXPECT_EQ(
      errorsIn(withBroker("tasks:\n  a: &d {command: [/bin/true]}\n  b: {<<: *d, nice: 1}")),
      "4: merge keys (<<) are not supported: repeat the keys, or let an alias stand for the whole map (other: *name)");
  EXPECT_EQ(errorsIn(withBroker("<<: {}")), errorsIn(withBroker("<<: []")));
}

TEST(ConfigErrors, SayThatExtensionKeysAreNotSupported) {
  EXPECT_EQ(
      errorsIn(withBroker("x-common: &c {nice: 1}")),
      "2: unknown key 'x-common': no extra key can hold a shared value: write &name before the value where it is used "
      "first, and *name where it is used again");
}

TEST(ConfigErrors, ListEachKnownKeyOnce) {
  const auto errors = errorsIn(withBroker("tasks: {a: {command: [/bin/true], zebra: 1}}"));
  const auto first = errors.find("command");
  ASSERT_NE(first, std::string::npos) << errors;
  EXPECT_EQ(errors.find("command,", first + 8), std::string::npos) << errors;
}

TEST(ConfigErrors, NameWhatIsWrongInTracingAndShowNoValue) {
  EXPECT_EQ(errorsIn(withBroker("tracing:\n  endpiont: x\n")),
            "3: 'tracing' needs the key 'endpoint'\n"
            "3: unknown key 'endpiont' in 'tracing': did you mean 'endpoint'?");
  EXPECT_EQ(errorsIn(withBroker("tracing:\n  endpoint: secret.example.org\n  sample: 1.5\n  headers: {a: [1]}\n")),
            "3: 'endpoint' of 'tracing' must be an address that begins with http:// or https://\n"
            "4: 'sample' of 'tracing' must be a number from 0 to 1: the share of tasks without a traceparent\n"
            "5: 'a' in 'headers' of 'tracing' must be a text, but is a list");
}

TEST(ConfigErrors, NameWhatIsWrongInTheRulesOfATask) {
  EXPECT_EQ(
      errorsIn(withBroker("tasks:\n  t: {memory: 5X}\n  u: {max_attempts: 0}\n  v: {nice: 20}\n  w: {memroy: 1M}\n"
                          "  x: {directory: /tmp}\n  y: {max_running: 0}\n  z: {max_running: -2}")),
      "3: 'memory' of task 't' must be a number of bytes, or one with K, M, G or T behind it: 512M\n"
      "4: 'max_attempts' of task 'u' must be from 1 to 1000000000\n"
      "5: 'nice' of task 'v' must be from 0 to 19\n"
      "6: unknown key 'memroy' in task 'w': did you mean 'memory'?\n"
      "7: task 'x' needs the key 'command'\n"
      "8: 'max_running' of task 'y' must be from 1 to 1000000000; leave it out where there is no limit\n"
      "9: 'max_running' of task 'z' must be from 1 to 1000000000; leave it out where there is no limit");
}

TEST(ConfigErrors, AreReportedAllAtOnceInTheFilesOrder) {
  EXPECT_EQ(
      errorsIn(R"(tasks:
  t: {}
brokers:
  - type: servr
daemon:
  configuration: { number_of_workers: 0 }
zebra: 1
)"),
      "2: task 't' is empty: give it a 'command', or rules (time_limit, max_running, max_attempts …)\n"
      "4: unknown type 'servr': this program has sqlite, server; did you mean 'server'?\n"
      "6: 'number_of_workers' of daemon.configuration must be from 1 to 1024\n"
      "7: unknown key 'zebra': known are brokers, meta_storage, loggers, tasks, error_reporting, metrics, tracing, "
      "daemon, leptir");
}

TEST(ConfigErrors, IncludeDuplicateKeys) {
  EXPECT_EQ(errorsIn(withBroker("loggers: {}\n\nbrokers: [{type: server}]")),
            "4: key 'brokers' is here twice: first in line 1");
  EXPECT_EQ(errorsIn("{\"brokers\": [{\"type\": \"server\",\n\"type\": \"server\"}]}", "/f.json"),
            "2: key 'type' is here twice: first in line 1");
}

TEST(ConfigErrors, IncludeValuesThatAreNoNumbers) {
  EXPECT_EQ(inDaemon("number_of_workers: many"),
            "4: 'number_of_workers' of daemon.configuration must be a whole number, but is a text");
  EXPECT_THAT(inDaemon("number_of_workers: 'four'"), HasSubstr("must be a whole number, but is a text"));
  EXPECT_THAT(inDaemon("number_of_workers: '4.5'"),
              HasSubstr("must be a whole number, but is a number with a fraction"));
  EXPECT_THAT(inDaemon("number_of_workers: 4.5"), HasSubstr("but is a number with a fraction"));
  EXPECT_THAT(inDaemon("number_of_workers: true"), HasSubstr("but is true or false"));
  EXPECT_THAT(inDaemon("number_of_workers: [4]"), HasSubstr("but is a list"));
  EXPECT_THAT(inDaemon("number_of_workers: {a: 4}"), HasSubstr("but is a map"));
  EXPECT_THAT(inDaemon("number_of_workers:"), HasSubstr("but is empty: leave the key out"));
  EXPECT_THAT(inDaemon("number_of_workers: 99999999999999999999"), HasSubstr("but is too large"));
}

TEST(ConfigErrors, IncludeAmbiguousNumbersAndBooleans) {
  EXPECT_THAT(inDaemon("number_of_workers: 012"), HasSubstr("begins with 0, which some would read as octal"));
  EXPECT_THAT(inDaemon("kill_grace: 07.5"), HasSubstr("begins with 0"));
  EXPECT_THAT(inDaemon("number_of_workers: 0x10"), HasSubstr("write it in decimal"));
  EXPECT_THAT(inDaemon("number_of_workers: 0o17"), HasSubstr("write it in decimal"));
  EXPECT_THAT(inDaemon("number_of_workers: 1_000"), HasSubstr("but is a text"));
  EXPECT_THAT(inConnection("tls: yes"), HasSubstr("must be true or false, but is a text"));
}

TEST(ConfigErrors, IncludeWorkersOutOfRange) {
  EXPECT_THAT(inDaemon("number_of_workers: 0"), HasSubstr("must be from 1 to 1024"));
  EXPECT_THAT(inDaemon("number_of_workers: 1025"), HasSubstr("must be from 1 to 1024"));
  EXPECT_THAT(inDaemon("number_of_workers: -4"), HasSubstr("must be from 1 to 1024"));
}

TEST(ConfigErrors, IncludeTimesOutOfRange) {
  EXPECT_EQ(inDaemon("kill_grace: -1"), "4: 'kill_grace' of daemon.configuration must be seconds from 0 to 3153600000");
  EXPECT_THAT(inDaemon("kill_grace: 1e300"), HasSubstr("must be seconds from 0"));
  EXPECT_THAT(inDaemon("kill_grace: 1e400"), HasSubstr("too large or too small"));
  EXPECT_THAT(inDaemon("task_execution_time: .inf"), HasSubstr("but is not finite"));
  EXPECT_THAT(inDaemon("task_execution_time: -.INF"), HasSubstr("but is not finite"));
  EXPECT_THAT(inDaemon("task_execution_time: .nan"), HasSubstr("but is not finite"));
  EXPECT_THAT(inDaemon("shutdown_grace: forever"), HasSubstr("(or unlimited) must be a number, but is a text"));
  EXPECT_THAT(errorsIn(withBroker("meta_storage: [{type: server, configuration: {expire_after_seconds: -2}}]")),
              HasSubstr("(or -1: never) must be seconds from 0"));
}

TEST(ConfigErrors, IncludeTextThatIsNotQuoted) {
  EXPECT_EQ(inConnection("host: 127"), "4: 'host' of 'connection' of broker 1 must be a text: put it in quotes");
  EXPECT_THAT(inConnection("host: true"), HasSubstr("put it in quotes"));
  EXPECT_EQ(inConnection("host: 127.0.0.1"), "");
}

TEST(ConfigErrors, IncludeMissingKeys) {
  EXPECT_EQ(errorsIn("brokers:\n  - name: x\n"), "2: broker 1 needs the key 'type'");
  EXPECT_EQ(errorsIn("brokers: [{type: sqlite}]"), "1: 'connection' of broker 1 needs the key 'path'");
  EXPECT_EQ(errorsIn(withBroker("loggers: {a: {}}")), "2: logger 'a' needs the key 'type'");
  EXPECT_EQ(errorsIn(withBroker("loggers: {a: {type: file}}")), "2: logger 'a' needs the key 'options'");
  EXPECT_EQ(errorsIn(withBroker("loggers: {a: {type: file, options: {}}}")),
            "2: 'options' of logger 'a' needs the key 'path'");
  EXPECT_EQ(errorsIn(withBroker("daemon: {}")), "2: 'daemon' needs the key 'configuration'");
}

TEST(ConfigErrors, IncludeStoresWithTheSameNameOrConnection) {
  EXPECT_EQ(errorsIn("brokers:\n  - {name: a, type: server}\n  - {name: a, type: server, connection: {port: 2}}\n"),
            "3: this broker has the same name as the broker in line 2: give one of them another name");
  EXPECT_EQ(errorsIn("brokers:\n  - {type: server}\n  - {name: b, type: server, connection: {port: 6379}}\n"),
            "3: this broker is the same store as the broker in line 2: change its connection or leave it out");
}

TEST(ConfigErrors, IncludeABrokerListWithoutBrokers) {
  EXPECT_THAT(errorsIn("brokers: []"), HasSubstr("is an empty list"));
}

TEST(ConfigErrors, IncludeTypesThatNoBackendHas) {
  EXPECT_EQ(errorsIn("brokers: [{type: rabbit, connection: {anything: 1}}]"),
            "1: unknown type 'rabbit': this program has sqlite, server");
  EXPECT_EQ(errorsIn(withBroker("loggers: {a: {type: syslog}}")),
            "2: 'type' of logger 'a' must be one of file, stdout, stderr, not 'syslog'");
  EXPECT_EQ(errorsIn(withBroker("loggers: {a: {type: stdout, options: {path: /x}}}")),
            "2: unknown key 'path' in 'options' of logger 'a': only a logger of type file has options");
}

TEST(ConfigErrors, SayWhichLibraryToLinkForABackendThatTheProgramLacks) {
  EXPECT_EQ(errorsIn("brokers: [{type: redis, connection: {anything: 1}}]"),
            "1: type 'redis': this program has no redis backend: link it with leptir::redis (CMake) or leptir-redis "
            "(pkg-config), or use a leptir that was built with it");
}

TEST(ConfigErrors, IncludeNodesOfTheWrongKind) {
  EXPECT_EQ(errorsIn("- a"), "1: the file must be a map, but is a list");
  EXPECT_EQ(errorsIn("hello"), "1: the file must be a map, but is a text");
  EXPECT_EQ(errorsIn("brokers: 3"), "1: 'brokers' must be a list, but is a whole number");
  EXPECT_EQ(errorsIn("brokers: [3]"), "1: broker 1 must be a map, but is a whole number");
  EXPECT_EQ(errorsIn(withBroker("tasks: [a]")), "2: 'tasks' must be a map, but is a list");
  EXPECT_EQ(errorsIn("[1, 2]", "/f.json"), "1: the file must be a map, but is a list");
}

TEST(ConfigErrors, IncludeAnEmptyFile) {
  EXPECT_THAT(errorsIn(""), HasSubstr("is empty"));
  EXPECT_THAT(errorsIn("# nothing\n\n"), HasSubstr("is empty"));
  EXPECT_THAT(errorsIn("leptir:\n"), HasSubstr("is empty"));
  EXPECT_THAT(errorsIn("", "/f.json"), HasSubstr("not valid JSON"));
}

TEST(ConfigErrors, IncludeSectionsInTwoPlaces) {
  EXPECT_EQ(errorsIn("leptir: {brokers: [{type: server}]}\nloggers: {}"),
            "2: key 'loggers' stands beside 'leptir': move it into that map");
  EXPECT_EQ(errorsIn(withBroker("daemon: {configuration: {}}\nleptir: {configuration: {}}")),
            "3: 'leptir' is another name for 'daemon': keep one of them");
}

TEST(ConfigErrors, IncludeCommandsThatCannotRun) {
  EXPECT_THAT(errorsIn(withBroker("tasks:\n  t:\n    command: []")), StartsWith("4: 'command' of task 't': "));
  EXPECT_THAT(errorsIn(withBroker("tasks: {t: {command: [x, '{']}}")), StartsWith("2: 'command' of task 't': "));
  EXPECT_THAT(errorsIn(withBroker("tasks: {t: {command: x y}}")), HasSubstr("must be a list, but is a text"));
  EXPECT_THAT(errorsIn(withBroker("tasks: {t: {command: [x, [y]]}}")), HasSubstr("must be a text, but is a list"));
}

TEST(ConfigErrors, IncludeInvalidSettingsOfAProgram) {
  const auto inTask = [](const std::string& rest) {
    return errorsIn(withBroker("tasks: {t: {command: [x], " + rest + "}}"));
  };
  EXPECT_THAT(inTask("environment: {LEPTIR_TASK_ID: x}"), HasSubstr("LEPTIR_ are reserved"));
  EXPECT_THAT(inTask("environment: {'A=B': x}"),
              HasSubstr("'A=B' in 'environment' of task 't' is no name of a variable"));
  EXPECT_THAT(inTask("warning_exit_codes: [0]"), HasSubstr("must be from 1 to 255"));
  EXPECT_THAT(inTask("warning_exit_codes: [256]"), HasSubstr("must be from 1 to 255"));
  EXPECT_THAT(errorsIn(withBroker("tasks: {'a\\nb': {command: [x]}}")), Not(HasSubstr("control")));
  EXPECT_THAT(errorsIn(withBroker("tasks: {\"a\\nb\": {command: [x]}}")), HasSubstr("without control characters"));
}

TEST(ConfigErrors, IncludeInvalidYaml) {
  EXPECT_THAT(errorsIn(withBroker("loggers: [")), StartsWith("2: not valid YAML: "));
  EXPECT_THAT(errorsIn(withBroker("a: b: c")), StartsWith("2: not valid YAML: "));
  EXPECT_THAT(errorsIn("\tbrokers: 1"), HasSubstr("not valid YAML: "));
  EXPECT_EQ(errorsIn("brokers: []\n---\nbrokers: []"), "2: a second YAML document begins here: keep only the first");
  EXPECT_THAT(errorsIn("brokers: !!binary x"), HasSubstr("1: tag 'tag:yaml.org,2002:binary' is not known"));
  EXPECT_THAT(errorsIn("? [a]\n: b"), HasSubstr("1: a key must be a text"));
  EXPECT_THAT(errorsIn("brokers: *nowhere"), HasSubstr("1: not valid YAML: "));
  EXPECT_THAT(errorsIn("brokers: &a [*a]"), HasSubstr("1: this alias stands inside of the value that it refers to"));
}

TEST(ConfigErrors, IncludeInvalidJson) {
  EXPECT_EQ(errorsIn("{\n\"brokers\": [}", "/f.json"),
            "2: not valid JSON: syntax error while parsing value - unexpected '}'; expected '[', '{', or a literal");
  EXPECT_THAT(errorsIn("{\"a\": 012}", "/f.json"), StartsWith("1: not valid JSON: "));
  EXPECT_THAT(errorsIn("{\"a\": 1,\n}", "/f.json"), StartsWith("2: not valid JSON: "));
  EXPECT_THAT(errorsIn("{} {}", "/f.json"), StartsWith("1: not valid JSON: "));
}

TEST(ConfigErrors, HaveTheirLinesInJsonToo) {
  EXPECT_EQ(errorsIn("{\n\"brokers\": [{\"type\": \"server\"}],\n\"daemon\":\n{\"configuration\": {\n\"kill_grace\": "
                     "-1\n,\"number_of_workers\":\n0}}}",
                     "/f.json"),
            "5: 'kill_grace' of daemon.configuration must be seconds from 0 to 3153600000\n"
            "7: 'number_of_workers' of daemon.configuration must be from 1 to 1024");
}

TEST(ConfigErrors, NeverShowTheTextBeforeAnErrorInJson) {
  EXPECT_THAT(errorsIn("{\"password\": \"secret\" \"x\"}", "/f.json"), Not(HasSubstr("\"x\"")));
}

TEST(ConfigErrors, IncludeInvalidUtf8AndControlCharacters) {
  EXPECT_EQ(errorsIn("a: b\nc: \xff\n"), "2: not UTF-8: save the file in that encoding");
  EXPECT_EQ(errorsIn("a: b\nc: \x1b[31m\n"), "2: control character '\\x1b': leave it out");
  EXPECT_EQ(errorsIn(std::string_view("a: \0b", 5)), "1: control character '\\x00': leave it out");
  EXPECT_EQ(errorsIn("brokers: \"a\\0b\""), "1: a NUL character: leave it out");
}

TEST(ConfigErrors, AreCutOffIfThereAreMany) {
  std::string text = withBroker("");
  for (int i = 0; i < 1000; ++i) text += "key" + std::to_string(i) + ": 1\n";
  const auto told = errorsIn(text);
  EXPECT_THAT(told, HasSubstr(" and 950 more"));
  EXPECT_LT(told.size(), 10'000u);
}

TEST(ConfigErrors, ShowHostileKeysEscapedAndCut) {
  EXPECT_THAT(errorsIn(withBroker("\"a\\e[31m\\nb\": 1")), HasSubstr("unknown key 'a\\x1b[31m\\nb'"));
  const std::string longKey(500, 'k');
  EXPECT_LT(errorsIn(withBroker(longKey + ": 1")).size(), 300u);
}

}  // namespace
}  // namespace leptir::config
