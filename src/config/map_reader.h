// Reads a map of the configuration key by key: the keys that somebody asks for are the ones that exist, all others are
// mistakes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/mistakes.h"
#include "config/node.h"
#include "config/values.h"

namespace leptir {

class MapReader {
 public:
  // `what` names the map in messages: "broker 'local'"; empty: the file as a whole. A node that is no map is a mistake
  // (an empty list is an empty map, as PHP writes it). All outlive it.
  MapReader(const Node& node, std::string what, Mistakes& mistakes);

  // Null: it is not there.
  const Node* find(std::string_view key);
  // The same, and a mistake.
  const Node* require(std::string_view key);
  // `'key' of what`, as messages name a value.
  std::string nameOf(std::string_view key) const;

  // Sets `target` when the key is there and good.
  template <class Value, class Target>
  void read(std::string_view key, Target& target,
            std::optional<Value> (*reader)(const Node&, std::string_view, Mistakes&)) {
    const Node* node = find(key);
    if (node == nullptr) return;
    auto value = reader(*node, nameOf(key), mistakes_);
    if constexpr (std::is_same_v<Target, std::optional<Value>>) {
      if (value) target = std::move(value);
    } else {
      if (value) target = std::move(*value);
    }
  }

  // Call it last: every key that nobody asked for is a mistake, with the nearest that exists.
  void refuseOthers();

  Mistakes& mistakes() { return mistakes_; }
  int line() const { return node_.line; }
  const std::string& what() const { return what_; }

 private:
  const Node& node_;
  const std::string what_;
  Mistakes& mistakes_;
  std::vector<std::string_view> known_;
};

// The parts of a list, or nothing and a mistake.
const std::vector<Node>& itemsOf(const Node& node, std::string_view what, Mistakes& mistakes);
// The parts of a map with free keys, or nothing and a mistake.
const std::vector<Node::Entry>& entriesOf(const Node& node, std::string_view what, Mistakes& mistakes);

}  // namespace leptir
