// Configurations that are meant to harm, or that were damaged at random: none crashes the reader, each is answered
// soon, each error has its line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <regex>

#include "config/config_test_support.h"

namespace leptir::config {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::size_t kMegabyte = 1 << 20;

std::string repeated(std::string_view part, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + part.size());
  while (text.size() < bytes) text += part;
  return text;
}

// Reads a text as YAML and as JSON; true if both were answered soon enough.
bool isAnsweredSoon(const std::string& text) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(readYaml(text));
  EXPECT_FALSE(readJsonConfig(text));
  return std::chrono::steady_clock::now() - start < 5s;
}

TEST(HostileConfig, AliasesThatGrowExponentiallyAreRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const auto before = "*a" + std::to_string(i - 1) + ", ";
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(before, before.size() * 10) + "]\n";
  }
  EXPECT_TRUE(isAnsweredSoon(text));
  EXPECT_THAT(errorsIn(text), HasSubstr("4: holds more than 100000 values"));
}

TEST(HostileConfig, AliasesCannotNestDeeperThanText) {
  std::string text = "a0: &a0 x\n";
  for (int i = 1; i < 100; ++i)
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_THAT(errorsIn(text), HasSubstr("nests deeper than 32 levels"));
}

TEST(HostileConfig, DeepNestingIsRefused) {
  EXPECT_THAT(errorsIn(withBroker("loggers: " + repeated("[", 33) + repeated("]", 33))),
              HasSubstr("2: nests deeper than 32 levels"));
  EXPECT_THAT(errorsIn(repeated("[", 1000), "/f.json"), HasSubstr("1: nests deeper than 32 levels"));
}

class HostileText : public testing::TestWithParam<std::string_view> {};

TEST_P(HostileText, IsAnsweredSoon) {
  EXPECT_TRUE(isAnsweredSoon(repeated(GetParam(), kMegabyte)));
  EXPECT_TRUE(isAnsweredSoon("a: " + repeated(GetParam(), kMegabyte)));
}

INSTANTIATE_TEST_SUITE_P(AMegabyteOf, HostileText,
                         testing::Values("[", "{", "[]", "[,", "{\"a\":", "- ", "-\n", "? ", "a: ", "a:\n", "a: b\n",
                                         "\"", "'", "\\", "&a ", "*a ", "!a ", "| ", "|\n", "> ", "%", "---\n", "...\n",
                                         "#", " ", "\n", "\t", ",", ":", "a", "0", "${A}", "\"a\", ", "1,", "\r\n",
                                         "[a: ", "{a: ", "- - ", "底"));

constexpr std::string_view kYaml = R"(leptir:
  brokers:
    - { name: local, type: sqlite, connection: { path: /var/lib/leptir.db }, configuration: { priority: 0, task_count_caching_time: 0.2 } }
    - type: server
      connection: &there { host: "localhost", port: 6379, options: { a: [1, 2.5, true, ~] } }
  daemon:
    configuration: { task_execution_time: 600, number_of_workers: 4, shutdown_grace: unlimited }
  loggers: { logfile: { type: file, options: { path: /var/log/leptir.log } } }
  meta_storage: [{ type: server, connection: *there, configuration: { expire_after_seconds: 86400 } }]
  tasks:
    report: { command: [/usr/bin/python3, "{month}"], warning_exit_codes: [3], environment: { A: "${HOME}" } }
)";

constexpr std::string_view kJson = R"({"leptir": {
  "brokers": [{"type": "server", "connection": {"host": "h", "port": 27017, "options": {"x": true}}, "configuration": {"priority": 1}}],
  "loggers": {"logfile": {"type": "file", "options": {"path": "\/var\/log\/leptir.log"}}},
  "daemon": {"configuration": {"number_of_workers": 4, "empty_queue_sleep_time": 0.5}},
  "tasks": {"t": {"command": ["x", "{{}}"], "directory": "\u010d"}}}})";

// Damages a text in one to four places: changes a byte, removes or doubles a piece, or inserts a token of the language.
class Shredder {
 public:
  explicit Shredder(unsigned seed) : random_(seed) {}

  std::string shred(std::string text) {
    for (auto times = 1 + below(4); times > 0 && !text.empty(); --times) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  void change(std::string& text) {
    static constexpr std::string_view kPieces[] = {
        "[",   "]",  "{",    "}",    ":",     ": ", ",",       "\n", "\"", "'", "- ",   "&a ",     "*a",  "!!str ",
        "012", "-1", ".nan", "null", "1e999", "${", "${HOME}", "{{", "\t", "#", "\x80", "\\u0000", "<<: "};
    const auto at = below(text.size());
    const auto length = 1 + below(20);
    switch (below(4)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(below(text.size()), text.substr(at, length));
        break;
      default:
        text.insert(at, kPieces[below(std::size(kPieces))]);
    }
  }

  std::mt19937 random_;
};

// Reads thousands of damaged texts; answers how many were still valid configurations.
int readShreds(std::string_view text, const std::filesystem::path& file, int times) {
  const auto backends = fakeBackends();
  const std::regex hasLine("/f\\.[a-z]+:[1-9][0-9]*: .+");
  Shredder shredder(20261123);
  int good = 0;
  for (int i = 0; i < times; ++i) {
    const auto shred = shredder.shred(std::string(text));
    const auto start = std::chrono::steady_clock::now();
    const auto read = readConfig(shred, file, backends);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s) << shred;
    if (read) {
      ++good;
      continue;
    }
    const auto& message = read.error().message();
    EXPECT_EQ(read.error().code(), ErrorCode::Invalid);
    EXPECT_TRUE(std::regex_match(message.substr(0, message.find('\n')), hasLine)) << message << "\n--- of\n" << shred;
  }
  return good;
}

TEST(ShreddedConfig, IsReadOrRefusedWithALine) {
  EXPECT_GT(readShreds(kYaml, "/f.yaml", 5000), 100);
  EXPECT_GT(readShreds(kJson, "/f.json", 5000), 50);
}

}  // namespace
}  // namespace leptir::config
