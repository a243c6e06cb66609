#include "worker/environment_variables.h"

#include <unistd.h>

#include <cstring>

namespace leptir::worker {

EnvironmentVariables::EnvironmentVariables() {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    foundAt_.push_back(*entry);
    const auto& text = texts_.emplace_back(*entry);
    restoredEntries_.push_back(std::make_unique<char[]>(text.size() + 1));
  }
  restoredList_ = std::make_unique<char*[]>(texts_.size() + 1);
}

void EnvironmentVariables::restore() const {
  if (areUnchanged()) return;
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    restoredList_[i] = restoredEntries_[i].get();
    std::memcpy(restoredList_[i], texts_[i].c_str(), texts_[i].size() + 1);
  }
  restoredList_[texts_.size()] = nullptr;
  environ = restoredList_.get();
}

bool EnvironmentVariables::areUnchanged() const {
  if (environ == nullptr) return texts_.empty();
  const bool wasRestored = environ == restoredList_.get();
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const char* expected = wasRestored ? restoredEntries_[i].get() : foundAt_[i];
    if (environ[i] != expected || std::memcmp(expected, texts_[i].c_str(), texts_[i].size() + 1) != 0) return false;
  }
  return environ[texts_.size()] == nullptr;
}

}  // namespace leptir::worker
