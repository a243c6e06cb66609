// Reads a map of the configuration key by key. The keys that the code asks for are the known ones, all others are
// errors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/errors.h"
#include "config/node.h"
#include "config/values.h"

namespace leptir::config {

class MapReader {
 public:
  // `what` names the map in messages: "broker 'local'"; empty: the file as a whole. A node that is no map is an error,
  // except an empty list, which counts as an empty map, as PHP writes it. All arguments outlive it.
  MapReader(const Node& node, std::string what, ConfigErrors& errors);

  // Null: the map does not have the key.
  const Node* find(std::string_view key);
  // Does the same, and adds an error if the map does not have the key.
  const Node* require(std::string_view key);
  // How messages name a value: `'key' of what`.
  std::string nameOf(std::string_view key) const;

  // Sets `target` if the map has the key with a valid value.
  template <class Value, class Target>
  void read(std::string_view key, Target& target,
            std::optional<Value> (*reader)(const Node&, std::string_view, ConfigErrors&)) {
    const Node* node = find(key);
    if (node == nullptr) return;
    auto value = reader(*node, nameOf(key), errors_);
    if constexpr (std::is_same_v<Target, std::optional<Value>>) {
      if (value) target = std::move(value);
    } else {
      if (value) target = std::move(*value);
    }
  }

  // Call it last: adds an error for each key that was not asked for, with the most similar known key.
  void refuseUnknownKeys();

  ConfigErrors& errors() { return errors_; }
  int line() const { return node_.line; }
  const std::string& what() const { return what_; }

 private:
  const Node& node_;
  const std::string what_;
  ConfigErrors& errors_;
  std::vector<std::string_view> known_;
};

// The items of a list; for another node no items, and an error is added.
const std::vector<Node>& itemsOf(const Node& node, std::string_view what, ConfigErrors& errors);
// The entries of a map with arbitrary keys; for another node no entries, and an error is added.
const std::vector<Node::Entry>& entriesOf(const Node& node, std::string_view what, ConfigErrors& errors);

}  // namespace leptir::config
