// For tests: the commands that clients have sent through a MongodbProxy.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "leptir/json.h"
#include "tests/support/mongodb_message.h"

namespace leptir {

// Its functions may be called from any thread.
class MongodbTraffic {
 public:
  void note(const MongodbMessage& request);
  void forget();

  std::map<std::string, int> counts() const;  // by the commands' names
  // Each of the commands with this name as relaxed extended JSON, document sequences as lists under their names.
  std::vector<Json> received(const std::string& command) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> received_;  // the commands' names and bytes
};

// Whether a driver sends this command by itself: hello, ping, saslStart, endSessions, …
bool isOfTheDriver(const std::string& command);

}  // namespace leptir
