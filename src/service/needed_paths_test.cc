#include "service/needed_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/assemble.h"
#include "config/config_reader.h"
#include "config/state_paths.h"

namespace leptir::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

NeededPaths pathsOf(std::string_view yaml) {
  const auto backends = config::allBackends({});
  const auto config = config::readConfig(yaml, "/etc/mail/leptir.yaml", backends);
  EXPECT_TRUE(config) << config.error().message();
  return config ? neededPaths(*config, backends) : NeededPaths();
}

TEST(NeededPaths, HaveTheFolderOfEachDatabaseOnce) {
  const auto paths = pathsOf(
      "brokers:\n"
      "  - { type: sqlite, name: a, connection: { path: /srv/queue/a.db } }\n"
      "  - { type: sqlite, name: b, connection: { path: b.db } }\n"
      "meta_storage: [ { type: sqlite, connection: { path: /srv/queue/a.db } } ]\n");
  EXPECT_THAT(paths.writtenFolders, ElementsAre("/etc/mail", "/srv/queue"));
  EXPECT_THAT(paths.readPaths, ElementsAre("/etc/mail/b.db", "/etc/mail/leptir.yaml", "/srv/queue/a.db"));
}

TEST(NeededPaths, HaveLogFilesAndTheirFolders) {
  const auto paths = pathsOf(
      "brokers: [ { type: memory } ]\n"
      "loggers: { file: { type: file, options: { path: /var/log/mail/mail.log } }, console: { type: stdout } }\n");
  EXPECT_THAT(paths.logFiles, ElementsAre("/var/log/mail/mail.log"));
  EXPECT_THAT(paths.writtenFolders, ElementsAre("/var/log/mail"));
}

TEST(NeededPaths, HaveTheFoldersAndCommandsOfPrograms) {
  const auto paths = pathsOf(
      "brokers: [ { type: memory } ]\n"
      "tasks: { report: { command: [/usr/bin/python3, /home/bob/report.py, '--month={m}'], directory: /srv/reports } "
      "}\n");
  EXPECT_THAT(paths.writtenFolders, ElementsAre("/srv/reports"));
  EXPECT_THAT(paths.readPaths, ElementsAre("/etc/mail/leptir.yaml", "/home/bob/report.py", "/usr/bin/python3"));
}

TEST(NeededPaths, HaveTheFolderOfTheSocketOfMetrics) {
  EXPECT_THAT(pathsOf("brokers: [ { type: memory } ]\nmetrics: { listen: unix:/srv/run/m.sock }").writtenFolders,
              ElementsAre("/srv/run"));
  EXPECT_THAT(pathsOf("brokers: [ { type: memory } ]\nmetrics: { listen: 127.0.0.1:9464 }").writtenFolders, IsEmpty());
}

TEST(NeededPaths, HaveNoFolderOfRedisAndOfTheDefaultDatabase) {
  EXPECT_THAT(
      pathsOf("brokers: [ { type: redis, connection: { scheme: unix, path: /run/redis/redis.sock } } ]").writtenFolders,
      IsEmpty());
  EXPECT_THAT(pathsOf("daemon: { configuration: { number_of_workers: 2 } }").writtenFolders, IsEmpty());
}

TEST(NeededPaths, SayWhetherAStoreIsTheDefaultDatabase) {
  EXPECT_TRUE(pathsOf("daemon: { configuration: { number_of_workers: 2 } }").usesDefaultDatabase);
  EXPECT_FALSE(pathsOf("brokers: [ { type: sqlite, connection: { path: /srv/a.db } } ]").usesDefaultDatabase);
}

TEST(NeededPaths, LieWithinAFolderByWholeNames) {
  EXPECT_TRUE(isWithin("/home/bob/x", "/home"));
  EXPECT_TRUE(isWithin("/home", "/home"));
  EXPECT_FALSE(isWithin("/homes/x", "/home"));
  EXPECT_FALSE(isWithin("/", "/home"));
}

}  // namespace
}  // namespace leptir::service
