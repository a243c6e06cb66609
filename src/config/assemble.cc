#include "config/assemble.h"

#include <algorithm>
#include <set>

#include "config/linked_backends.h"
#include "config/state_paths.h"

namespace leptir::config {
namespace {

// Leptir creates the folder of the default database itself; any other folder must be there.
Result<void> makeFolderOfDefaultDatabase(const Json& connection) {
  const auto database = defaultDatabase();
  const bool isDefault = database && connection.value("path", std::string()) == database->string();
  return isDefault ? makeFolderFor(*database) : Result<void>();
}

Result<Backend*> find(const Backends& backends, const std::string& type) {
  if (Backend* backend = backends.find(type)) return backend;
  if (isTypeOfLeptir(type)) return Error(ErrorCode::Unsupported, notLinkedMessage(type));
  return Error(ErrorCode::Unsupported, "this program has no backend of type '" + type + "'");
}

enum class MissingFolder { Create, Ignore };

Result<Backend*> backendFor(const Backends& backends, const std::string& type, const Json& connection,
                            MissingFolder folder = MissingFolder::Create) {
  auto backend = find(backends, type);
  if (!backend || folder == MissingFolder::Ignore) return backend;
  if (auto prepared = makeFolderOfDefaultDatabase(connection); !prepared) return prepared.error();
  return backend;
}

// Unsupported: one of the stores has a type that no backend has.
template <class Store>
Result<void> checkTypes(const std::vector<Store>& stores, std::string_view kind, const Backends& backends) {
  for (const auto& store : stores) {
    if (const auto found = find(backends, store.type); !found)
      return found.error().in(std::string(kind) + " '" + store.name + "'");
  }
  return {};
}

// Backend::storeLocation with the type before it, so that stores of different types never have the same location.
// Empty: unknown.
std::string storeLocation(const std::string& type, const Json& connection, const Backends& backends) {
  const Backend* backend = backends.find(type);
  const auto location = backend != nullptr ? backend->storeLocation(connection) : std::string();
  return location.empty() ? location : type + " " + location;
}

Result<std::unique_ptr<SimpleBroker>> open(const Config::Broker& broker, BrokerUse use, const Backends& backends) {
  const auto folder = use == BrokerUse::Inspect ? MissingFolder::Ignore : MissingFolder::Create;
  const auto backend = backendFor(backends, broker.type, broker.connection, folder);
  if (!backend) return backend.error();
  return (*backend)->openBroker(broker.connection, use);
}

Result<std::unique_ptr<SimpleMetaStorage>> open(const Config::MetaStorage& storage, const Backends& backends,
                                                MetaUse use = MetaUse::Save) {
  const auto folder = use == MetaUse::Inspect ? MissingFolder::Ignore : MissingFolder::Create;
  const auto backend = backendFor(backends, storage.type, storage.connection, folder);
  if (!backend) return backend.error();
  return (*backend)->openMetaStorage(storage.connection, storage.expireAfter, use);
}

// `open` as a function that does not wait twice for the server of the store.
template <class Store, class Open>
Open throughCircuitBreaker(const std::shared_ptr<StoreCircuitBreaker>& breaker, const std::string& what,
                           const Store& store, Open open) {
  return [breaker, what, server = serverOf(store.type, store.connection), open = std::move(open)] {
    return breaker->open(server, what, open);
  };
}

}  // namespace

Backends allBackends(const BackendRegistry& own) {
  auto all = makeLinkedBackends();
  for (const auto& make : own.factories()) all.push_back(make());
  return Backends(std::move(all));
}

Stores::Stores(const Config& config)
    : brokers_(config.brokers),
      metaStorages_(config.metaStorages),
      backendsByType_(std::make_shared<const Backends>(allBackends(config.backends))) {}

Stores::Stores(const Config& config, OnOpening onOpening) : Stores(config) {
  breaker_ = std::make_shared<StoreCircuitBreaker>(std::move(onOpening), systemClock());
}

Result<Broker> Stores::openBroker(BrokerUse use) const {
  if (const auto known = checkTypes(brokers_, "broker", *backendsByType_); !known) return known.error();
  auto factories = brokerFactories(use);
  std::vector<Broker::Entry> entries;
  for (std::size_t i = 0; i < brokers_.size(); ++i) {
    entries.push_back({.name = brokers_[i].name,
                       .type = brokers_[i].type,
                       .priority = brokers_[i].priority,
                       .taskCountCachingTime = brokers_[i].taskCountCachingTime,
                       .open = std::move(factories[i].open)});
    if (breaker_)
      entries.back().open =
          throughCircuitBreaker(breaker_, "broker " + brokers_[i].name, brokers_[i], entries.back().open);
  }
  return Broker(std::move(entries), MetaStorage(metaStorageEntries(MetaUse::Inspect)));
}

Result<MetaStorage> Stores::openMetaStorage(MetaUse use) const {
  if (const auto known = checkTypes(metaStorages_, "meta storage", *backendsByType_); !known) return known.error();
  auto entries = metaStorageEntries(use);
  for (std::size_t i = 0; breaker_ && i < entries.size(); ++i)
    entries[i].open =
        throughCircuitBreaker(breaker_, "meta storage " + entries[i].name, metaStorages_[i], entries[i].open);
  return MetaStorage(std::move(entries));
}

std::vector<MetaStorage::Entry> Stores::metaStorageEntries(MetaUse use) const {
  std::vector<MetaStorage::Entry> entries;
  for (auto& factory : metaStorageFactories(use))
    entries.push_back({.name = std::move(factory.name), .open = std::move(factory.open)});
  return entries;
}

std::vector<broker::BrokerFactory> Stores::brokerFactories(BrokerUse use) const {
  std::vector<broker::BrokerFactory> factories;
  factories.reserve(brokers_.size());
  for (const auto& broker : brokers_) {
    factories.push_back(
        {.name = broker.name,
         .priority = broker.priority,
         .storeLocation = storeLocation(broker.type, broker.connection, *backendsByType_),
         .open = [broker, use, backends = backendsByType_] { return config::open(broker, use, *backends); }});
  }
  return factories;
}

std::vector<meta::MetaStorageFactory> Stores::metaStorageFactories(MetaUse use) const {
  std::vector<meta::MetaStorageFactory> factories;
  factories.reserve(metaStorages_.size());
  for (const auto& storage : metaStorages_) {
    factories.push_back(
        {.name = storage.name,
         .required = storage.required,
         .storeLocation = storeLocation(storage.type, storage.connection, *backendsByType_),
         .open = [storage, use, backends = backendsByType_] { return config::open(storage, *backends, use); }});
  }
  return factories;
}

BrokerTraits Stores::traitsOfNewBroker(std::size_t index) const {
  const Backend* backend = backendsByType_->find(brokers_.at(index).type);
  return backend != nullptr ? backend->traitsOfNewBroker() : BrokerTraits();
}

MetaTraits Stores::traitsOfNewStorage(std::size_t index) const {
  const Backend* backend = backendsByType_->find(metaStorages_.at(index).type);
  return backend != nullptr ? backend->traitsOfNewStorage() : MetaTraits();
}

std::vector<std::filesystem::path> Stores::sessionLockFiles(std::string_view instance) const {
  std::set<std::filesystem::path> files;
  for (const auto& broker : brokers_) {
    const auto backend = backendFor(*backendsByType_, broker.type, broker.connection);
    if (!backend) continue;
    if (const auto file = (*backend)->sessionLockFile(broker.connection, instance)) files.insert(*file);
  }
  return {files.begin(), files.end()};
}

}  // namespace leptir::config

namespace leptir {

Result<Broker> openBroker(const Config& config) {
  return config::Stores(config).openBroker(BrokerUse::Push);
}

Result<MetaStorage> openMetaStorage(const Config& config) {
  return config::Stores(config).openMetaStorage(MetaUse::Save);
}

}  // namespace leptir
