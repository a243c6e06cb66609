// A redis-server as somebody's configuration names it: what is warned of, what ends with 69, what is waited for.
#include "tests/e2e/installation.h"
#include "tests/support/redis_server.h"

namespace leptir::e2e {
namespace {

class RedisStores : public Installation {
 protected:
  void configure(const std::string& more = "") {
    const auto connection = "connection: {scheme: unix, path: " + server.socket() + more + "}";
    writeConfig("brokers:\n  - {name: queue, type: redis, " + connection + "}\nmeta_storage:\n  - {type: redis, " +
                connection + "}\ndaemon: {configuration: {number_of_workers: 2}}\n");
  }

  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  RedisServer server;
};

TEST_F(RedisStores, RunATaskAndWarnLoudlyOfAServerThatForgets) {
  configure();
  const auto check = leptir({"check"});
  EXPECT_EQ(check.exit, 0) << check.out;
  EXPECT_TRUE(has(check.out, "warning: redis " + server.socket() + ": it keeps nothing on disk")) << check.out;

  const auto id = push({"noop"});
  const auto instance = start({"--drain"});
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
  EXPECT_TRUE(
      has(instance->output(), "WARN (4): broker queue: redis " + server.socket() + ": it keeps nothing on disk"))
      << instance->output();
  EXPECT_EQ(info(id).at("retC"), 1);
}

TEST_F(RedisStores, NoSuchDatabaseAWrongPasswordAndAnotherKindOfValueEndWith69) {
  server.ask({"SET", "mine", "1"});
  for (const std::string more : {", database: 16", ", password: geheim", ", key: mine"}) {
    configure(more);
    const auto instance = start({});
    EXPECT_EQ(instance->waitForExit(), 69) << instance->output();
    EXPECT_FALSE(has(instance->output(), "geheim")) << instance->output();
    const auto check = leptir({"check"});
    EXPECT_EQ(check.exit, 69) << more;
    EXPECT_FALSE(has(check.out + check.err, "geheim"));
  }
}

TEST_F(RedisStores, AServerThatIsDownIsWaitedForAlsoWhenItGoesDownLater) {
  configure();
  const auto id = push({"noop"});
  server.ask({"SAVE"});
  server.stop();
  const auto instance = start({});
  ASSERT_TRUE(eventually([&] { return has(instance->output(), "not available, trying again"); }));
  server.start();
  ASSERT_TRUE(eventually([&] { return leptir({"info", id}).exit == 0 && info(id).value("retC", 0) == 1; }));
  server.restart();
  const auto later = push({"noop"});
  EXPECT_TRUE(eventually([&] { return leptir({"info", later}).exit == 0 && info(later).value("retC", 0) == 1; }));
}

}  // namespace
}  // namespace leptir::e2e
