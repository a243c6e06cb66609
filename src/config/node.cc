#include "config/node.h"

#include "base/escape.h"

namespace leptir::config {
namespace {

std::size_t sizeOf(const Node& node) {
  std::size_t nodes = 1;
  for (const auto& item : node.items) nodes += sizeOf(item);
  for (const auto& entry : node.entries) nodes += sizeOf(entry.value);
  return nodes;
}

std::size_t depthOf(const Node& node) {
  std::size_t deepest = 0;
  for (const auto& item : node.items) deepest = std::max(deepest, depthOf(item));
  for (const auto& entry : node.entries) deepest = std::max(deepest, depthOf(entry.value));
  return deepest + 1;
}

}  // namespace

bool NodeBuilder::null(int line) {
  if (!countNodes(line, 1)) return false;
  attach(Node{.kind = Node::Kind::Null, .line = line});
  return true;
}

bool NodeBuilder::scalar(int line, std::string text, bool quoted) {
  if (!countNodes(line, 1)) return false;
  if (text.find('\0') != std::string::npos) errors_.add(line, "a NUL character: leave it out");
  attach(Node{.kind = Node::Kind::Scalar, .line = line, .text = std::move(text), .quoted = quoted});
  return true;
}

bool NodeBuilder::startList(int line) {
  return start(Node{.kind = Node::Kind::List, .line = line});
}
bool NodeBuilder::startMap(int line) {
  return start(Node{.kind = Node::Kind::Map, .line = line});
}

bool NodeBuilder::start(Node node) {
  if (!countNodes(node.line, 1)) return false;
  if (open_.size() >= kMaxConfigDepth) {
    errors_.add(node.line, "nests deeper than " + std::to_string(kMaxConfigDepth) + " levels");
    return false;
  }
  open_.push_back({.node = std::move(node), .entry = {}, .keys = {}});
  return true;
}

void NodeBuilder::end() {
  auto node = std::move(open_.back().node);
  open_.pop_back();
  attach(std::move(node));
}

bool NodeBuilder::key(int line, std::string key) {
  auto& map = open_.back();
  const auto [first, isNew] = map.keys.emplace(key, line);
  if (!isNew)
    errors_.add(line, "key " + base::inQuotes(key) + " is here twice: first in line " + std::to_string(first->second));
  map.entry = Node::Entry{.key = std::move(key), .line = line, .value = {}};
  return true;
}

bool NodeBuilder::copy(const Node& node) {
  if (!countNodes(node.line, sizeOf(node))) return false;
  if (open_.size() + depthOf(node) > kMaxConfigDepth + 1) {
    errors_.add(node.line, "nests deeper than " + std::to_string(kMaxConfigDepth) + " levels");
    return false;
  }
  attach(Node(node));
  return true;
}

bool NodeBuilder::expectsKey() const {
  return !open_.empty() && open_.back().node.kind == Node::Kind::Map && !open_.back().entry;
}

bool NodeBuilder::countNodes(int line, std::size_t count) {
  nodes_ += count;
  if (nodes_ <= kMaxConfigNodes) return true;
  errors_.add(line, "holds more than " + std::to_string(kMaxConfigNodes) + " values");
  return false;
}

void NodeBuilder::attach(Node node) {
  if (open_.empty()) {
    root_ = std::move(node);
    last_ = &root_;
    return;
  }
  auto& parent = open_.back();
  if (parent.node.kind == Node::Kind::List) {
    last_ = &parent.node.items.emplace_back(std::move(node));
    return;
  }
  parent.entry->value = std::move(node);
  last_ = &parent.node.entries.emplace_back(std::move(*parent.entry)).value;
  parent.entry.reset();
}

}  // namespace leptir::config
