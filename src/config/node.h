// A configuration file as a tree with line numbers: built by both parsers, read by all sections.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/errors.h"

namespace leptir::config {

struct Node {
  enum class Kind { Null, Scalar, List, Map };
  struct Entry;

  Kind kind = Kind::Null;
  int line = 1;
  std::string text{};          // Scalar: as it stands in the file, escapes resolved
  bool quoted = false;         // Scalar: certainly a text; without quotes it may be a number or a boolean
  std::vector<Node> items;     // List
  std::vector<Entry> entries;  // Map, in the file's order, each key once
};

struct Node::Entry {
  std::string key;
  int line = 0;
  Node value;
};

// No useful configuration is nested deeper or is longer; one that is may be meant to harm.
inline constexpr std::size_t kMaxConfigDepth = 32;
inline constexpr std::size_t kMaxConfigNodes = 100'000;

// Builds a tree from a parser's events. An event answers false if the parser should stop, because the file is nested
// too deep or is too long.
class NodeBuilder {
 public:
  explicit NodeBuilder(ConfigErrors& errors) : errors_(errors) {}

  bool null(int line);
  bool scalar(int line, std::string text, bool quoted);
  bool startList(int line);
  bool startMap(int line);
  void end();
  bool key(int line, std::string key);
  // Adds a copy of a whole tree, where the file has an alias of it.
  bool copy(const Node& node);

  // Whether the next event must be a key.
  bool expectsKey() const;
  // The value that was completed last; call it only right after that.
  const Node& last() const { return *last_; }
  Node takeTree() { return std::move(root_); }

 private:
  struct OpenContainer {
    Node node;
    std::optional<Node::Entry> entry;  // of a map: an entry whose value is not read yet
    std::map<std::string, int> keys;   // of a map: the line of each key read so far
  };
  bool start(Node node);
  bool countNodes(int line, std::size_t count);
  void attach(Node node);

  ConfigErrors& errors_;
  std::vector<OpenContainer> open_;
  Node root_;
  const Node* last_ = nullptr;
  std::size_t nodes_ = 0;
};

}  // namespace leptir::config
