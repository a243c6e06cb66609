// For end-to-end tests: a real Prometheus that scrapes an instance every second.
#pragma once

#include <filesystem>
#include <string>

#include "leptir/json.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace leptir::e2e {

class Prometheus {
 public:
  // Whether the program is on the PATH.
  static bool isInstalled();

  // Starts it, with the rules of this file; `isReady` says whether it answers. It ends with the object.
  Prometheus(int scrapedPort, const std::filesystem::path& rules);

  bool isReady() const;
  // `data` of an answer of its HTTP API; null: it does not answer, or with an error, which fails the test.
  Json ask(const std::string& path, const std::string& query = "") const;
  // The samples that an expression has now; an error fails the test.
  Json samplesOf(const std::string& expression) const;
  std::string log() const { return readWholeFile(folder_ / "log"); }

 private:
  const TempDir folder_;
  const int port_ = freePort();
  ServerProcess process_;
};

}  // namespace leptir::e2e
