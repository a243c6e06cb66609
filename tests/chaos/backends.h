// The backends that every row runs on. A new one is one line in the .cc.
#pragma once

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace leptir::chaos {

struct Backend {
  std::string name;
  // What stands in the configuration as one broker and as one meta storage, for a row whose files lie in this folder.
  std::function<std::string(const std::filesystem::path& folder)> store;

  friend void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }
};

std::vector<Backend> chaosBackends();

}  // namespace leptir::chaos
