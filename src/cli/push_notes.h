// What `push` says beside the ids: that a task's name is probably mistyped, that an id stands among the buried tasks.
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

namespace leptir {

// Warns once for each name that neither the program nor the configuration knows and that is close to one they know. A
// name that is close to none belongs to another program, and is no mistake.
class NameCheck {
 public:
  NameCheck(const Program& program, const Config& config);

  // The warning; empty: there is none.
  std::string warningAbout(const std::string& name);

 private:
  std::set<std::string, std::less<>> known_;
  std::set<std::string, std::less<>> warned_;
};

// Why tasks of these ids will not run although they were pushed to the broker at `index`: they are buried, and a push
// of an id that is in the queue adds nothing. By their ids; none: none is buried, or the store cannot tell.
std::map<std::string, std::string> whyBuried(Broker& broker, std::size_t index, std::span<const std::string> ids);

}  // namespace leptir
