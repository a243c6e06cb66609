#include "backends/mongodb/mongodb_backend.h"

namespace leptir::mongodb {

std::span<const ConfigKey> MongodbBackend::brokerConnectionKeys() const {
  return {};
}

std::span<const ConfigKey> MongodbBackend::metaConnectionKeys() const {
  return {};
}

Result<std::unique_ptr<SimpleBroker>> MongodbBackend::openBroker(const Json&, BrokerUse) {
  return Error(ErrorCode::Unsupported, "mongodb: brokers are not available yet");
}

Result<std::unique_ptr<SimpleMetaStorage>> MongodbBackend::openMetaStorage(const Json&, std::optional<Duration>,
                                                                           MetaUse) {
  return Error(ErrorCode::Unsupported, "mongodb: meta storages are not available yet");
}

std::unique_ptr<Backend> makeBackend() {
  return std::make_unique<MongodbBackend>();
}

}  // namespace leptir::mongodb
