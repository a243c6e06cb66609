// Warnings of `push` and `pause`: the task's name is probably mistyped; the id belongs to a buried task.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/broker.h"
#include "leptir/config.h"
#include "leptir/run_main.h"

namespace leptir::cli {

// Warns once about each name that neither the program nor the configuration knows but that resembles a known name. A
// name that resembles none is taken for a task of another program and causes no warning.
class NameCheck {
 public:
  NameCheck(const Program& program, const Config& config);

  void addKnown(const std::string& name) { known_.insert(name); }
  bool isKnown(const std::string& name) const;
  // "did you mean 'mail'?"; empty: the name resembles none.
  std::string didYouMean(const std::string& name) const;
  // Returns the warning of `push`, or an empty text.
  std::string warningAbout(const std::string& name);

 private:
  std::set<std::string, std::less<>> known_;
  std::set<std::string, std::less<>> warned_;
};

// For each of `ids` whose task is buried in the broker at `index`: id → a text that says so. Pushing such an id adds
// nothing, because a buried task keeps its id in the queue. Empty if none is buried, or if the store cannot look it up.
std::map<std::string, std::string> buriedWarnings(Broker& broker, std::size_t index, std::span<const std::string> ids);

}  // namespace leptir::cli
