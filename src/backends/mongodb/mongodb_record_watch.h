// Wakes a process that waits for records, by a change stream.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/mongodb/mongodb_change_stream.h"
#include "backends/mongodb/mongodb_pool.h"
#include "leptir/spi/record_watch.h"

namespace leptir::mongodb {

class MongodbRecordWatch final : public RecordWatch {
 public:
  // Returns when the stream has begun. Unavailable: it has not within some seconds.
  static Result<std::unique_ptr<RecordWatch>> begin(std::shared_ptr<MongodbPool> pool, std::string collection);

  Result<RecordNews> wait(Duration longest, Wake& wake) override;
  void suspend() override { changes_.reset(); }

 private:
  MongodbRecordWatch(std::shared_ptr<MongodbPool> pool, std::string collection)
      : pool_(std::move(pool)), collection_(std::move(collection)) {}

  Result<void> watch();

  std::shared_ptr<MongodbPool> pool_;
  std::string collection_;
  std::optional<MongodbChangeStream> changes_;  // none while no thread waits
};

}  // namespace leptir::mongodb
