// `type: sqs`: tasks in a standard queue of Amazon SQS, as PHP leptir keeps them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "backends/sqs/session_state.h"
#include "leptir/clock.h"
#include "leptir/spi/backend.h"

namespace leptir::sqs {

// May be used by any thread. Each broker that it opens is used by one thread at a time. It remembers what the sessions
// of its brokers have leased: a session that is resumed in this process goes on where it was.
class SqsBackend final : public Backend {
 public:
  explicit SqsBackend(const Clock& clock = systemClock()) : clock_(clock) {}

  std::string_view type() const override { return "sqs"; }
  std::span<const ConfigKey> brokerConnectionKeys() const override;
  std::span<const ConfigKey> metaConnectionKeys() const override { return brokerConnectionKeys(); }
  Result<std::unique_ptr<SimpleBroker>> openBroker(const Json& connection, BrokerUse use) override;
  Result<std::unique_ptr<SimpleMetaStorage>> openMetaStorage(const Json& connection,
                                                             std::optional<Duration> expireAfter,
                                                             MetaUse use = MetaUse::Save) override;
  BrokerTraits traitsOfNewBroker() const override;
  std::string_view whyNoRecords() const override;
  std::optional<Duration> defaultExpiry() const override { return {}; }
  std::string storeLocation(const Json&) const override { return {}; }
  // None: each lease ends by itself.
  std::optional<std::filesystem::path> sessionLockFile(const Json&, std::string_view) const override { return {}; }

 private:
  std::shared_ptr<SessionState> stateOf(const SqsSettings& settings, const QueueAttributes& queue,
                                        const SessionId& session);

  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<SessionState>> states_;  // by queue and instance: of its last session
};

// Makes this backend for src/config/linked_backends.cc, which finds it by its name where this library is linked.
std::unique_ptr<Backend> makeBackend();

}  // namespace leptir::sqs
