// leptir top beside a store that does not answer.
#include <gmock/gmock.h>

#include <optional>

#include "tests/e2e/installation.h"
#include "tests/support/redis_server.h"
#include "tests/top/tmux.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

class TopRedisTest : public Installation {
 protected:
  void SetUp() override {
    if (!Tmux::isThere()) GTEST_SKIP() << "tmux is not installed";
    writeConfig("leptir:\n  brokers:\n    - { name: local, type: sqlite, connection: { path: " +
                (folder / "leptir.db").string() +
                " } }\n    - { name: far, type: redis, connection: { scheme: unix, path: " + redis_.socket() +
                " } }\n  meta_storage:\n    - { type: sqlite, connection: { path: " + (folder / "leptir.db").string() +
                " } }\n");
  }
  RedisServer redis_;
};

TEST_F(TopRedisTest, AStoreThatHangsIsNamedAndFreezesNeitherKeysNorOtherStores) {
  push({"noop"});
  Tmux screen(80, 24);
  screen.command("clear; " + program + " top --interval=0.5 --config=" + config.string() + "; echo ended $?");
  ASSERT_TRUE(screen.waitFor("far ")) << screen.screen();
  redis_.freeze();
  ASSERT_TRUE(screen.waitFor("far: no answer for")) << screen.screen();
  push({"noop"});
  EXPECT_TRUE(screen.waitFor(" 2 due")) << "the other store goes on: " << screen.screen();
  screen.type("?");
  EXPECT_TRUE(screen.waitFor("Shift-Tab")) << screen.screen();
  screen.press("Escape");
  EXPECT_TRUE(screen.waitUntilGone("Shift-Tab")) << screen.screen();
  screen.type("q");
  EXPECT_TRUE(screen.waitFor("ended 0")) << "it does not wait for the store: " << screen.screen();
  redis_.thaw();
}

TEST_F(TopRedisTest, AStoreThatIsBackIsShownAgain) {
  Tmux screen(80, 24);
  screen.command("clear; " + program + " top --interval=0.5 --config=" + config.string() + "; echo ended $?");
  ASSERT_TRUE(screen.waitFor("far ")) << screen.screen();
  redis_.kill();
  ASSERT_TRUE(screen.waitFor("far: redis ")) << screen.screen();
  redis_.start();
  EXPECT_TRUE(screen.waitUntilGone("far: redis ")) << screen.screen();
}

}  // namespace
}  // namespace leptir::e2e
