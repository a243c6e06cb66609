// How commands find an instance that runs as a service: its pid file is /run/NAME/NAME.pid, wherever that of the caller
// would be.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "tests/e2e/installation.h"
#include "tests/support/other_user.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

class ServiceLookup : public Installation {
 protected:
  void SetUp() override {
    LEPTIR_NEEDS_ROOT();
    std::error_code failed;
    if (!fs::create_directory(run_, failed)) GTEST_SKIP() << "this machine has no /run that can be written";
  }
  ~ServiceLookup() override { fs::remove_all(run_); }

  std::unique_ptr<StartedInstance> startService() {
    auto instance = start({"--pid=" + pidFile().string()});
    EXPECT_TRUE(eventually([this] { return leptir({"status", "--ready"}).exit == 0; })) << instance->output();
    return instance;
  }
  fs::path pidFile() const { return run_ / (name_ + ".pid"); }

  const std::string name_ = "leptir-e2e-" + std::to_string(::getpid());
  const fs::path run_ = fs::path("/run") / name_;
};

TEST_F(ServiceLookup, FindsAServiceByItsConfiguration) {
  const auto service = startService();
  EXPECT_EQ(status().at("instance").at("pid"), service->pid());
  const auto link = folder / "link.yaml";
  fs::create_symlink(config, link);
  EXPECT_EQ(run({"status", "--ready", "--config=" + link.string()}).exit, 0);
  const auto other = writeConfig(defaultYaml(), "other.yaml");
  EXPECT_EQ(run({"status", "--ready", "--config=" + other.string()}).exit, 3);
  EXPECT_EQ(run({"status", "--ready"}).exit, 3) << "the service has a configuration, and none was named";
}

TEST_F(ServiceLookup, StopsAServiceByItsConfiguration) {
  const auto service = startService();
  EXPECT_EQ(leptir({"stop", "--timeout=60"}).exit, 0);
  EXPECT_EQ(service->waitForExit(), 0);
}

TEST_F(ServiceLookup, ListsServicesAmongAllInstances) {
  const auto service = startService();
  const auto all = run({"status", "--all"});
  EXPECT_THAT(all.out, HasSubstr("status --pid=" + pidFile().string()));
}

TEST_F(ServiceLookup, PrefersTheInstanceOfTheCaller) {
  const auto service = startService();
  const auto own = start();
  EXPECT_TRUE(eventually([&] {
    const auto answer = leptir({"status", "--ready"});
    return answer.exit == 0 && answer.out == "ready: running as " + std::to_string(own->pid()) + "\n";
  })) << own->output();
}

TEST_F(ServiceLookup, TakesNoDeadPidFileForAService) {
  std::ofstream(pidFile()) << ::getpid();
  EXPECT_EQ(leptir({"status", "--ready"}).exit, 3);
}

}  // namespace
}  // namespace leptir::e2e
