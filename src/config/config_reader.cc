#include "config/config_reader.h"

#include <algorithm>

#include "base/escape.h"
#include "config/defaults.h"
#include "config/errors.h"
#include "config/map_reader.h"
#include "config/parse.h"
#include "config/sections.h"

namespace leptir::config {
namespace {

const Node* entryOf(const Node& node, std::string_view key) {
  const auto entry = std::ranges::find(node.entries, key, &Node::Entry::key);
  return entry == node.entries.end() ? nullptr : &entry->value;
}

// The key `leptir` has two meanings: a map of all sections, or PHP leptir's name for `daemon`. Only the latter has the
// key `configuration`.
const Node& sectionsOf(const Node& root, ConfigErrors& errors) {
  const Node* wrapper = entryOf(root, "leptir");
  const bool isDaemon = wrapper != nullptr && entryOf(*wrapper, "configuration") != nullptr;
  if (wrapper == nullptr || isDaemon) return root;
  for (const auto& entry : root.entries) {
    if (&entry.value != wrapper)
      errors.add(entry.line, "key " + base::inQuotes(entry.key) + " stands beside 'leptir': move it into that map");
  }
  return *wrapper;
}

const Node* findDaemon(MapReader& file) {
  const Node* daemon = file.find("daemon");
  const Node* alias = file.find("leptir");
  if (daemon == nullptr) return alias;
  if (alias != nullptr) file.errors().add(alias->line, "'leptir' is another name for 'daemon': keep one of them");
  return daemon;
}

// A file without `brokers` means the default broker and, unless it names meta storages, the default meta storage. A
// file with `brokers` keeps PHP leptir's default for meta storages: none.
void addDefaultStores(bool hasMetaStorages, int line, const SectionContext& context, Config& config) {
  auto broker = defaultBroker(context.backends);
  auto storage = defaultMetaStorage(context.backends);
  if (!broker || !storage) {
    context.errors.add(line,
                       "no 'brokers', and no default ones: " + (broker ? storage.error() : broker.error()).message());
    return;
  }
  config.brokers.push_back(std::move(*broker));
  if (!hasMetaStorages) config.metaStorages.push_back(std::move(*storage));
}

void readSections(const Node& node, const SectionContext& context, Config& config) {
  MapReader file(node, "", context.errors);
  const Node* brokers = file.find("brokers");
  const Node* metaStorages = file.find("meta_storage");
  const Node* loggers = file.find("loggers");
  const Node* tasks = file.find("tasks");
  const Node* errorReporting = file.find("error_reporting");
  const Node* metrics = file.find("metrics");
  const Node* tracing = file.find("tracing");
  const Node* daemon = findDaemon(file);
  file.refuseUnknownKeys();

  if (brokers != nullptr) readBrokers(*brokers, context, config);
  if (metaStorages != nullptr) readMetaStorages(*metaStorages, context, config);
  if (loggers != nullptr) readLoggers(*loggers, context, config);
  if (loggers == nullptr) config.loggers.push_back(defaultLogger());
  if (tasks != nullptr) readTasks(*tasks, context, config);
  if (errorReporting != nullptr) readErrorReporting(*errorReporting, context, config);
  if (metrics != nullptr) readMetrics(*metrics, context, config);
  if (tracing != nullptr) readTracing(*tracing, context, config);
  if (daemon != nullptr) readDaemon(*daemon, context, config);
  if (brokers == nullptr && context.errors.empty())
    addDefaultStores(metaStorages != nullptr, node.line, context, config);
}

}  // namespace

Result<Config> readConfig(std::string_view text, const std::filesystem::path& file, const Backends& backends,
                          const ReporterRegistry* reporters, MissingValues missing) {
  ConfigErrors errors(file, missing);
  Config config;
  config.file = file;
  const auto root = parseConfigText(text, file, errors);
  const SectionContext context{backends, reporters, std::filesystem::absolute(file).parent_path(), errors};
  // After an error of the parser, reading on would only add errors that follow from it.
  if (errors.empty()) readSections(sectionsOf(root, errors), context, config);
  if (!errors.empty()) return errors.error();
  return config;
}

}  // namespace leptir::config
