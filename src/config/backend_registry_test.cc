#include "leptir/backend_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/assemble.h"
#include "config/config_test_support.h"
#include "tests/support/temp_dir.h"

namespace leptir::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

BackendFactory backendOfType(std::string_view type) {
  return [type] {
    return std::make_unique<FakeBackend>(
        type, std::vector<ConfigKey>{{"path", ConfigKey::Type::Path, nullptr, "the folder"}}, std::nullopt);
  };
}

TEST(BackendRegistry, LetsAConfigurationNameTheType) {
  const TempDir folder;
  const auto file = folder.write("leptir.yaml", "brokers: [{type: folder, connection: {path: work}}]\n");
  BackendRegistry own;
  own.addFactory(backendOfType("folder"));
  const auto config = loadConfig(file, own);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->brokers[0].connection["path"], (folder / "work").string());
  EXPECT_EQ(Stores(*config).brokerFactories()[0].open().error().message(), "opens nothing") << "the backend is used";
  EXPECT_TRUE(openBroker(*config));
  EXPECT_THAT(loadConfig(file).error().message(), HasSubstr("unknown type 'folder'"));
}

TEST(BackendRegistry, MakesABackendAnewForEachProcess) {
  int made = 0;
  BackendRegistry own;
  own.addFactory([&made, make = backendOfType("folder")] {
    ++made;
    return make();
  });
  Config config;
  config.backends = own;
  const int atFirst = made;
  const Stores first(config), second(config);
  EXPECT_EQ(made, atFirst + 2);
}

TEST(BackendRegistry, RefusesATypeThatAnotherBackendHas) {
  BackendRegistry own;
  for (const auto* type : {"memory", "folder", "folder", ""}) own.addFactory(backendOfType(type));
  own.addFactory([]() -> std::unique_ptr<Backend> { return nullptr; });
  EXPECT_THAT(own.mistakes(),
              ElementsAre("the backend type 'memory' is one of leptir's own: give the program's backend another type",
                          "the backend type 'folder' is registered twice",
                          "a backend has no type, by which a configuration could name it",
                          "the factory of a backend makes no backend"));
  EXPECT_EQ(own.factories().size(), 1u);
}

TEST(BackendRegistry, NoConfigurationIsLoadedWithAMistakeInIt) {
  const TempDir folder;
  const auto file = folder.write("leptir.yaml", "brokers: [{type: memory}]\n");
  BackendRegistry own;
  own.addFactory(backendOfType("memory"));
  EXPECT_EQ(loadConfig(file, own).error(), Error(ErrorCode::Invalid, own.mistakes().front()));
}

}  // namespace
}  // namespace leptir::config
