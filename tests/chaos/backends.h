// The backends that every row runs on. A new one is one line in the .cc.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace leptir::chaos {

// Made for one row, gone after it.
struct Store {
  // What stands in the configuration as one broker and as one meta storage; and of a second store, which does not lie
  // beside the first.
  std::string here, elsewhere;
  std::shared_ptr<void> server;  // that had to be started for it; it ends with the row
};

struct Backend {
  std::string name;
  // For a row whose files lie in this folder. Called before the row's environment stands, by which it finds processes
  // that outlived their instance: a server is none.
  std::function<Store(const std::filesystem::path& folder)> open;
  // After how many seconds sessions expire that nobody renews; zero: they live as long as their processes.
  int lease = 0;

  friend void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }
};

std::vector<Backend> chaosBackends();

}  // namespace leptir::chaos
