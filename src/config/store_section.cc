// `brokers` and `meta_storage`: two lists of stores that are read almost alike.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/escape.h"
#include "base/limits.h"
#include "base/nearest_word.h"
#include "config/linked_backends.h"
#include "config/map_reader.h"
#include "config/sections.h"

namespace leptir::config {
namespace {

// What a broker and a meta storage have in common.
struct Store {
  std::string name;  // empty: the store is named after its type
  std::string type;
  Json connection;
  Backend* backend = nullptr;  // null: the type is wrong
  int line = 0;
};

std::optional<Json> readTyped(const Node& node, const ConfigKey& key, const std::string& what,
                              const SectionContext& context) {
  auto& errors = context.errors;
  switch (key.type) {
    case ConfigKey::Type::Text:
      return readText(node, what, errors);
    case ConfigKey::Type::Path:
      if (const auto path = readText(node, what, errors))
        return Json((context.folder / *path).lexically_normal().string());
      return {};
    case ConfigKey::Type::Integer:
      return readInteger(node, what, errors);
    case ConfigKey::Type::Number:
      return readNumber(node, what, errors);
    case ConfigKey::Type::Boolean:
      return readBoolean(node, what, errors);
    case ConfigKey::Type::Map:
      if (node.kind == Node::Kind::Map) return readJson(node, what, errors);
      entriesOf(node, what, errors);
      return Json::object();
  }
  return {};
}

Json readConnection(const Node& node, const std::string& what, std::span<const ConfigKey> keys,
                    const SectionContext& context) {
  MapReader map(node, "'connection' of " + what, context.errors);
  Json connection = Json::object();
  for (const auto& key : keys) {
    const Node* value = key.defaultValue.is_null() ? map.require(key.name) : map.find(key.name);
    if (value == nullptr) continue;
    if (auto typed = readTyped(*value, key, map.nameOf(key.name), context))
      connection[std::string(key.name)] = std::move(*typed);
  }
  map.refuseUnknownKeys();
  return withDefaults(std::move(connection), keys);
}

// Shows the type as the file has it, since its value may come from an environment variable, which may be secret.
std::string unknownType(const Node& node, const std::string& type, const Backends& backends) {
  if (isTypeOfLeptir(type)) return fmt::format("type {}: {}", base::inQuotes(node.text), notLinkedMessage(type));
  const auto types = backends.types();
  auto text = fmt::format("unknown type {}: this program has {}", base::inQuotes(node.text), fmt::join(types, ", "));
  if (const auto hint = base::didYouMean(type, types); !hint.empty()) text += "; " + hint;
  return text;
}

void readType(MapReader& map, const SectionContext& context, Store& store) {
  const Node* node = map.require("type");
  if (node == nullptr) return;
  const auto type = readName(*node, map.nameOf("type"), context.errors);
  if (!type) return;
  store.type = *type;
  store.backend = context.backends.find(*type);
  if (store.backend == nullptr) context.errors.add(node->line, unknownType(*node, *type, context.backends));
}

using KeysOf = std::span<const ConfigKey> (Backend::*)() const;

Store readStore(MapReader& map, KeysOf keysOf, const SectionContext& context) {
  Store store;
  store.line = map.line();
  map.read("name", store.name, readName);
  readType(map, context, store);
  const Node* given = map.find("connection");
  const Node nothing{.kind = Node::Kind::Map, .line = map.line()};
  if (store.backend == nullptr) return store;
  const Node& connection = given != nullptr ? *given : nothing;
  store.connection = readConnection(connection, map.what(), (store.backend->*keysOf)(), context);
  return store;
}

// Names each store without a name after its type, with a number if that name is taken ("redis-2"). Two stores with the
// same name in the file are an error.
void giveNames(std::vector<Store>& stores, std::string_view what, ConfigErrors& errors) {
  std::map<std::string, int> lineOf;
  for (const auto& store : stores) {
    if (store.name.empty()) continue;
    const auto [first, isNew] = lineOf.emplace(store.name, store.line);
    if (!isNew)
      errors.add(store.line,
                 fmt::format("this {0} has the same name as the {0} in line {1}: give one of them another name", what,
                             first->second));
  }
  for (auto& store : stores) {
    if (!store.name.empty()) continue;
    store.name = store.type;
    for (int number = 2; !lineOf.emplace(store.name, store.line).second; ++number)
      store.name = fmt::format("{}-{}", store.type, number);
  }
}

// Two brokers on one store would take each other's tasks; two meta storages would write each record twice.
void refuseDuplicateConnections(const std::vector<Store>& stores, std::string_view what, ConfigErrors& errors) {
  for (std::size_t i = 0; i < stores.size() && !errors.isFull(); ++i) {
    const auto& store = stores[i];
    const auto isTwin = [&](const Store& other) {
      return other.type == store.type && other.connection == store.connection;
    };
    const auto twin = std::find_if(stores.begin(), stores.begin() + static_cast<std::ptrdiff_t>(i), isTwin);
    if (store.backend == nullptr || twin == stores.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    errors.add(store.line,
               fmt::format("this {0} is the same store as the {0} in line {1}: change its connection or leave it out",
                           what, twin->line));
  }
}

constexpr std::size_t kMaxMetaStorages = 100;

// Reads each item of a list with `readOne`, which itself stores what only its kind of store has; then names the stores.
template <class ReadOne>
std::vector<Store> readStores(const Node& node, std::string_view key, std::string_view what, ConfigErrors& errors,
                              std::size_t most, ReadOne readOne) {
  const auto& items = itemsOf(node, key, errors);
  std::vector<Store> stores;
  if (items.size() > most) {
    errors.add(node.line, fmt::format("{} holds {}, and may hold at most {}", key, items.size(), most));
    return stores;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    MapReader map(items[i], fmt::format("{} {}", what, i + 1), errors);
    stores.push_back(readOne(map));
    map.refuseUnknownKeys();
  }
  giveNames(stores, what, errors);
  refuseDuplicateConnections(stores, what, errors);
  return stores;
}

// Copies what was read of each store into its broker or meta storage, which has the same index in its list.
template <class Configured>
void copyStores(std::vector<Store> stores, std::vector<Configured>& configured) {
  for (std::size_t i = 0; i < stores.size(); ++i) {
    configured[i].name = std::move(stores[i].name);
    configured[i].type = std::move(stores[i].type);
    configured[i].connection = std::move(stores[i].connection);
  }
}

void readBrokerSettings(MapReader& map, Config::Broker& broker) {
  const Node* node = map.find("configuration");
  if (node == nullptr) return;
  MapReader settings(*node, "'configuration' of " + map.what(), map.errors());
  settings.read("priority", broker.priority, readInteger);
  settings.read("task_count_caching_time", broker.taskCountCachingTime, readSeconds);
  settings.refuseUnknownKeys();
}

// -1 and 0: records never expire, as in PHP leptir.
void readExpiry(MapReader& settings, std::optional<Duration>& expireAfter) {
  const Node* node = settings.find("expire_after_seconds");
  if (node == nullptr) return;
  const auto what = settings.nameOf("expire_after_seconds");
  const auto number = readNumber(*node, what, settings.errors());
  if (!number) return;
  const auto seconds =
      *number == -1 ? Duration::zero() : readSeconds(*node, what + " (or -1: never)", settings.errors());
  if (!seconds) return;
  expireAfter.reset();
  if (*seconds > Duration::zero()) expireAfter = *seconds;
}

void readMetaSettings(MapReader& map, Config::MetaStorage& storage) {
  const Node* node = map.find("configuration");
  if (node == nullptr) return;
  MapReader settings(*node, "'configuration' of " + map.what(), map.errors());
  readExpiry(settings, storage.expireAfter);
  settings.read("required", storage.required, readBoolean);
  settings.refuseUnknownKeys();
}

void refuseUnlessKeepsRecords(const Store& store, std::string_view what, ConfigErrors& errors) {
  if (store.backend == nullptr) return;
  if (const auto why = store.backend->whyNoRecords(); !why.empty())
    errors.add(store.line, fmt::format("{}: {}", what, why));
}

}  // namespace

void readBrokers(const Node& node, const SectionContext& context, Config& config) {
  auto stores = readStores(node, "'brokers'", "broker", context.errors, base::kMaxBrokers, [&](MapReader& map) {
    auto store = readStore(map, &Backend::brokerConnectionKeys, context);
    readBrokerSettings(map, config.brokers.emplace_back());
    return store;
  });
  copyStores(std::move(stores), config.brokers);
  const bool isEmptyList = node.kind == Node::Kind::List && node.items.empty();
  if (isEmptyList)
    context.errors.add(node.line, "'brokers' is an empty list: name a broker, or leave the key out for the default");
}

void readMetaStorages(const Node& node, const SectionContext& context, Config& config) {
  auto stores =
      readStores(node, "'meta_storage'", "meta storage", context.errors, kMaxMetaStorages, [&](MapReader& map) {
        auto store = readStore(map, &Backend::metaConnectionKeys, context);
        auto& storage = config.metaStorages.emplace_back();
        if (store.backend != nullptr) storage.expireAfter = store.backend->defaultExpiry();
        refuseUnlessKeepsRecords(store, map.what(), context.errors);
        readMetaSettings(map, storage);
        return store;
      });
  copyStores(std::move(stores), config.metaStorages);
}

}  // namespace leptir::config
