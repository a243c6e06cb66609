#include "config/config_reader.h"

#include <algorithm>

#include "base/escape.h"
#include "config/defaults.h"
#include "config/map_reader.h"
#include "config/mistakes.h"
#include "config/parse.h"
#include "config/sections.h"

namespace leptir {
namespace {

const Node* entryOf(const Node& node, std::string_view key) {
  const auto entry = std::ranges::find(node.entries, key, &Node::Entry::key);
  return entry == node.entries.end() ? nullptr : &entry->value;
}

// The key `leptir` has two meanings: all sections may stand below it, or it is the PHP code's name for `daemon`. Only
// the latter has `configuration`.
const Node& sectionsOf(const Node& root, Mistakes& mistakes) {
  const Node* wrapper = entryOf(root, "leptir");
  const bool isDaemon = wrapper != nullptr && entryOf(*wrapper, "configuration") != nullptr;
  if (wrapper == nullptr || isDaemon) return root;
  for (const auto& entry : root.entries) {
    if (&entry.value != wrapper)
      mistakes.add(entry.line, "key " + inQuotes(entry.key) + " stands beside 'leptir': move it below");
  }
  return *wrapper;
}

const Node* findDaemon(MapReader& file) {
  const Node* daemon = file.find("daemon");
  const Node* alias = file.find("leptir");
  if (daemon == nullptr) return alias;
  if (alias != nullptr) file.mistakes().add(alias->line, "'leptir' is another name for 'daemon': keep one of them");
  return daemon;
}

// A file that names no brokers means the default ones, and then also the default records; one that does keeps PHP
// leptir's default: none.
void addDefaultStores(bool hasMetaStorages, int line, const SectionContext& around, Config& config) {
  auto broker = defaultBroker(around.backends);
  auto storage = defaultMetaStorage(around.backends);
  if (!broker || !storage) {
    around.mistakes.add(line,
                        "no 'brokers', and no default ones: " + (broker ? storage.error() : broker.error()).message());
    return;
  }
  config.brokers.push_back(std::move(*broker));
  if (!hasMetaStorages) config.metaStorages.push_back(std::move(*storage));
}

void readSections(const Node& node, const SectionContext& around, Config& config) {
  MapReader file(node, "", around.mistakes);
  const Node* brokers = file.find("brokers");
  const Node* metaStorages = file.find("meta_storage");
  const Node* loggers = file.find("loggers");
  const Node* tasks = file.find("tasks");
  const Node* daemon = findDaemon(file);
  file.refuseOthers();

  if (brokers != nullptr) readBrokers(*brokers, around, config);
  if (metaStorages != nullptr) readMetaStorages(*metaStorages, around, config);
  if (loggers != nullptr) readLoggers(*loggers, around, config);
  if (loggers == nullptr) config.loggers.push_back(defaultLogger());
  if (tasks != nullptr) readTasks(*tasks, around, config);
  if (daemon != nullptr) readDaemon(*daemon, around, config);
  if (brokers == nullptr && around.mistakes.empty())
    addDefaultStores(metaStorages != nullptr, node.line, around, config);
}

}  // namespace

Result<Config> readConfig(std::string_view text, const std::filesystem::path& file, const Backends& backends) {
  Mistakes mistakes(file);
  Config config;
  config.file = file;
  const auto root = parseConfigText(text, file, mistakes);
  const SectionContext around{backends, std::filesystem::absolute(file).parent_path(), mistakes};
  // What the parser could not finish would only be complained about again.
  if (mistakes.empty()) readSections(sectionsOf(root, mistakes), around, config);
  if (!mistakes.empty()) return mistakes.error();
  return config;
}

}  // namespace leptir
