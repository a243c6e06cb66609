// `error_reporting: - {class | type, name, options, redact, time_limit}`.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/escape.h"
#include "base/nearest_word.h"
#include "config/map_reader.h"
#include "config/sections.h"

namespace leptir::config {
namespace {

constexpr std::size_t kMaxReporters = 100;

// A reporter, with its nodes in the file for the lines of errors.
struct Entry {
  Config::ErrorReporter reporter;
  const Node* kindNode = nullptr;  // of `class` or `type`
  const Node* optionsNode = nullptr;
};

void readKind(MapReader& map, const Node& node, Entry& entry) {
  const Node* className = map.find("class");
  const Node* type = map.find("type");
  if ((className == nullptr) == (type == nullptr)) {
    map.errors().add(node.line, fmt::format("{} needs either a 'class' (an error reporter that the program registered) "
                                            "or a 'type' (one of leptir's own)",
                                            map.what()));
    return;
  }
  entry.kindNode = className != nullptr ? className : type;
  map.read("class", entry.reporter.className, readName);
  map.read("type", entry.reporter.type, readName);
}

void readOptions(MapReader& map, Entry& entry) {
  entry.optionsNode = map.find("options");
  if (entry.optionsNode == nullptr) return;
  const auto what = map.nameOf("options");
  entriesOf(*entry.optionsNode, what, map.errors());
  if (entry.optionsNode->kind != Node::Kind::Map) return;
  entry.reporter.options = readJson(*entry.optionsNode, what, map.errors()).value_or(Json::object());
}

void readRedact(MapReader& map, Entry& entry) {
  const Node* node = map.find("redact");
  if (node == nullptr) return;
  const auto what = map.nameOf("redact");
  for (const auto& item : itemsOf(*node, what, map.errors())) {
    if (auto word = readName(item, "each word of " + what, map.errors())) entry.reporter.redact.push_back(*word);
  }
}

Entry readEntry(const Node& node, std::string what, ConfigErrors& errors) {
  MapReader map(node, std::move(what), errors);
  Entry entry;
  readKind(map, node, entry);
  entry.reporter.name = entry.reporter.className + entry.reporter.type;
  map.read("name", entry.reporter.name, readName);
  readOptions(map, entry);
  readRedact(map, entry);
  map.read("time_limit", entry.reporter.timeLimit, readSeconds);
  map.refuseUnknownKeys();
  return entry;
}

std::string hintFor(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const auto hint = base::didYouMean(word, candidates);
  return hint.empty() ? hint : "; " + hint;
}

// Shows the class as the file has it, since its value may come from an environment variable, which may be secret.
std::string unknownClass(const Entry& entry, const ReporterRegistry& reporters) {
  const auto names = reporters.names();
  const auto text = fmt::format("this program has no error reporter {}", base::inQuotes(entry.kindNode->text));
  if (names.empty())
    return text + ": start the program that registers it (program.reporters.add<Reporter>(\"NAME\") before runMain)";
  return text + fmt::format(": it has {}", fmt::join(names, ", ")) + hintFor(entry.reporter.className, names);
}

std::string unknownType(const Entry& entry, const ReporterRegistry& reporters) {
  const auto types = reporters.builtInTypes();
  const auto text =
      fmt::format("unknown type {} of an error reporter: this build has {}", base::inQuotes(entry.kindNode->text),
                  types.empty() ? "none" : fmt::format("{}", fmt::join(types, ", ")));
  if (reporters.find(entry.reporter.type) != nullptr)
    return text + fmt::format("; the program's own reporters are named by 'class: {}'", entry.reporter.type);
  return text + hintFor(entry.reporter.type, types);
}

void checkKind(const Entry& entry, const std::string& what, const ReporterRegistry& reporters, ConfigErrors& errors) {
  const bool isClass = !entry.reporter.className.empty();
  if (!isClass && entry.reporter.type.empty()) return;
  const auto* kind = isClass ? reporters.find(entry.reporter.className) : reporters.findBuiltIn(entry.reporter.type);
  if (kind == nullptr) {
    errors.add(entry.kindNode->line, isClass ? unknownClass(entry, reporters) : unknownType(entry, reporters));
    return;
  }
  if (!kind->check) return;
  const auto checked = kind->check(entry.reporter.options);
  const auto line = entry.optionsNode != nullptr ? entry.optionsNode->line : entry.kindNode->line;
  if (!checked) errors.add(line, fmt::format("'options' of {}: {}", what, base::escaped(checked.error().message())));
}

void refuseEqualNames(const std::vector<Entry>& entries, const std::vector<Node>& items, ConfigErrors& errors) {
  std::map<std::string, int> lineOf;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& name = entries[i].reporter.name;
    if (name.empty()) continue;
    const auto [first, isNew] = lineOf.emplace(name, items[i].line);
    if (!isNew)
      errors.add(items[i].line, fmt::format("this error reporter has the same name as the one in line {}: give one of "
                                            "them a 'name' of its own, or leave it out",
                                            first->second));
  }
}

}  // namespace

void readErrorReporting(const Node& node, const SectionContext& context, Config& config) {
  const auto& items = itemsOf(node, "'error_reporting'", context.errors);
  if (items.size() > kMaxReporters) {
    context.errors.add(node.line,
                       fmt::format("'error_reporting' holds {}, and may hold at most {}", items.size(), kMaxReporters));
    return;
  }
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto what = fmt::format("error reporter {}", i + 1);
    entries.push_back(readEntry(items[i], what, context.errors));
    if (context.reporters != nullptr) checkKind(entries.back(), what, *context.reporters, context.errors);
  }
  refuseEqualNames(entries, items, context.errors);
  for (auto& entry : entries) config.errorReporters.push_back(std::move(entry.reporter));
}

}  // namespace leptir::config
