// A configuration file as a tree that remembers its lines: what both parsers build and all sections are read from.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/mistakes.h"

namespace leptir {

struct Node {
  enum class Kind { Null, Scalar, List, Map };
  struct Entry;

  Kind kind = Kind::Null;
  int line = 1;
  std::string text{};          // Scalar: as it stands in the file, escapes resolved
  bool quoted = false;         // Scalar: text for sure; otherwise it may be a number, or true and false
  std::vector<Node> items;     // List
  std::vector<Entry> entries;  // Map, in the file's order, each key once
};

struct Node::Entry {
  std::string key;
  int line = 0;
  Node value;
};

// Nobody nests a configuration deeper or writes a longer one; what does is meant to harm.
inline constexpr std::size_t kMaxConfigDepth = 32;
inline constexpr std::size_t kMaxConfigNodes = 100'000;

// Puts a tree together from a parser's events. Each event answers false when reading should end: the file is too deep
// or too long.
class NodeBuilder {
 public:
  explicit NodeBuilder(Mistakes& mistakes) : mistakes_(mistakes) {}

  bool null(int line);
  bool scalar(int line, std::string text, bool quoted);
  bool startList(int line);
  bool startMap(int line);
  void end();
  bool key(int line, std::string key);
  // A whole tree: what an alias stands for.
  bool copy(const Node& node);

  // Whether the next event must be a key.
  bool expectsKey() const;
  // What was completed last; empty while a list or map is open.
  const Node& last() const { return *last_; }
  Node take() { return std::move(root_); }

 private:
  struct Open {
    Node node;
    std::optional<Node::Entry> entry;  // of a map: its key is read, its value is not
    std::map<std::string, int> keys;   // of a map: the line of each key so far
  };
  bool start(Node node);
  bool countNodes(int line, std::size_t count);
  void place(Node node);

  Mistakes& mistakes_;
  std::vector<Open> open_;
  Node root_;
  const Node* last_ = nullptr;
  std::size_t nodes_ = 0;
};

}  // namespace leptir
