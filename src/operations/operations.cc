#include "leptir/operations.h"

#include <pwd.h>
#include <unistd.h>

#include <utility>

#include "base/host_name.h"
#include "config/assemble.h"
#include "operations/stores.h"

namespace leptir {

std::string nameOfOperator() {
  const auto* user = ::getpwuid(::geteuid());
  return (user != nullptr ? std::string(user->pw_name) : std::to_string(::geteuid())) + "@" + base::hostName();
}

Result<Operations> Operations::open(const Config& config, Options options) {
  const config::Stores stores(config, options.onOpening);
  auto queues = stores.openBroker(BrokerUse::Inspect);
  if (!queues) return queues.error();
  auto records = stores.openMetaStorage(MetaUse::Inspect);
  if (!records) return records.error();
  auto saving = stores.openMetaStorage(MetaUse::Save);
  if (!saving) return saving.error();
  Operations opened(std::move(*queues), std::move(*records), std::move(options));
  opened.stores_->saving = std::move(*saving);
  opened.stores_->config = config;
  return opened;
}

Result<Operations> Operations::open(const Config& config) {
  return open(config, Options());
}

Operations::Operations(Broker queues, MetaStorage records, Options options)
    : stores_(new operations::Stores{
          .queues = std::move(queues),
          .records = std::move(records),
          .saving = std::nullopt,
          .by = std::move(options.by),
          .clock = options.clock,
          .onNotice = options.onNotice ? std::move(options.onNotice) : [](const std::string&) {},
          .instancesHere =
              options.instancesHere ? std::move(options.instancesHere) : [] { return std::vector<InstanceView>(); }}) {}

Operations::~Operations() = default;
Operations::Operations(Operations&&) noexcept = default;
Operations& Operations::operator=(Operations&&) noexcept = default;

}  // namespace leptir
