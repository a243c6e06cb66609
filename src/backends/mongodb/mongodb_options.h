// The options of a connection string: which there are, and which values leptir accepts. They stand behind the `?` of
// `uri`, or in the map `options` of a configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leptir/json.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// How long libmongoc waits at most to choose a server, to connect, and for a reply. A call may do two of these (it
// repeats what was lost with a connection), and has to end within 5 s: see MongodbClient.
inline constexpr int kMaxWaitMs = 2500;

class MongodbOptions {
 public:
  // Adds an option of a connection string. `source` names the place in messages: "'uri'". Letter case of names does not
  // matter. Invalid: there is no such option, it was added before, or leptir cannot work with this value. Messages
  // show values only where they are no secrets.
  Result<void> add(std::string_view name, std::string_view value, std::string_view source);
  // Adds the map `options`, which may also have PHP leptir's `connect` and `secondaryPreferred`.
  Result<void> addMap(const Json& options);
  // Adds the option, unless it was added before.
  void addDefault(std::string_view name, std::string_view value);

  bool has(std::string_view name) const;
  // "a=1&b=2", percent-encoded; empty without options.
  std::string text() const;
  std::vector<std::string_view> names() const;

 private:
  struct Option {
    std::string name;  // as it is documented
    std::string value;
  };

  std::vector<Option> options_;
};

}  // namespace leptir::mongodb
