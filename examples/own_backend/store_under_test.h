// How the conformance suite opens a store of this backend, pushes bytes into it and moves its clock. A backend of
// another project needs the same (docs/guide/own-backend.md).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "folder_backend.h"
#include "tests/conformance/backends_under_test.h"

namespace folder {

class FolderUnderTest final : public leptir::conformance::StoreUnderTest {
 public:
  explicit FolderUnderTest(leptir::conformance::ClockKind kind);
  ~FolderUnderTest() override;

  std::unique_ptr<leptir::SimpleBroker> openBroker() override;
  std::unique_ptr<leptir::SimpleMetaStorage> openMetaStorage(std::optional<leptir::Duration> expireAfter) override;
  // As another program would: through the folder incoming/.
  void pushRaw(std::string bytes, leptir::Time due) override;
  void startInstance(const std::string&) override {}
  void endInstance(const std::string& instance) override;
  leptir::Time now() override { return clock().now(); }
  void advance(leptir::Duration by) override;

  static leptir::conformance::BackendUnderTest backend();

 private:
  const leptir::Clock& clock() const;

  const leptir::conformance::ClockKind kind_;
  leptir::ManualClock manualClock_;
  FolderBackend backend_;
  std::filesystem::path path_;
  int rawTasks_ = 0;
};

}  // namespace folder
