#include "config/map_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/escape.h"
#include "base/nearest_word.h"

namespace leptir::config {
namespace {

bool isMap(const Node& node) {
  const bool isEmptyList = node.kind == Node::Kind::List && node.items.empty();
  return node.kind == Node::Kind::Map || isEmptyList;
}

void refuseUnlessMap(const Node& node, std::string_view what, ConfigErrors& errors) {
  if (isMap(node)) return;
  const auto found = node.kind == Node::Kind::Null ? "empty" : describe(node);
  errors.add(node.line, fmt::format("{} must be a map, but is {}", what.empty() ? "the file" : what, found));
}

}  // namespace

MapReader::MapReader(const Node& node, std::string what, ConfigErrors& errors)
    : node_(node), what_(std::move(what)), errors_(errors) {
  refuseUnlessMap(node_, what_, errors_);
}

const Node* MapReader::find(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.push_back(key);
  const auto entry = std::ranges::find(node_.entries, key, &Node::Entry::key);
  return entry == node_.entries.end() ? nullptr : &entry->value;
}

const Node* MapReader::require(std::string_view key) {
  const Node* node = find(key);
  if (node == nullptr && isMap(node_)) {
    errors_.add(node_.line, fmt::format("{} needs the key '{}'", what_.empty() ? "the file" : what_, key));
  }
  return node;
}

std::string MapReader::nameOf(std::string_view key) const {
  return what_.empty() ? fmt::format("'{}'", key) : fmt::format("'{}' of {}", key, what_);
}

void MapReader::refuseUnknownKeys() {
  for (const auto& entry : node_.entries) {
    if (std::ranges::find(known_, entry.key) != known_.end()) continue;
    const auto hint = errors_.isFull() ? std::string() : base::didYouMean(entry.key, known_);
    auto text = fmt::format("unknown key {}{}{}", base::inQuotes(entry.key), what_.empty() ? "" : " in ", what_);
    if (entry.key.starts_with("x-")) {
      text +=
          ": no extra key can hold a shared value: write &name before the value where it is used first, and *name "
          "where it is used again";
    } else if (!hint.empty()) {
      text += ": " + hint;
    } else if (!known_.empty()) {
      text += fmt::format(": known are {}", fmt::join(known_, ", "));
    }
    errors_.add(entry.line, std::move(text));
  }
}

const std::vector<Node>& itemsOf(const Node& node, std::string_view what, ConfigErrors& errors) {
  if (node.kind != Node::Kind::List)
    errors.add(node.line, fmt::format("{} must be a list, but is {}", what, describe(node)));
  return node.items;
}

const std::vector<Node::Entry>& entriesOf(const Node& node, std::string_view what, ConfigErrors& errors) {
  refuseUnlessMap(node, what, errors);
  return node.entries;
}

}  // namespace leptir::config
