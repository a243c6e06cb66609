// TaskKeeper of a store that finds no message by its content.
#pragma once

#include "leptir/spi/task_keeper.h"

namespace leptir::sqs {

class SqsKeeper final : public TaskKeeper {
 public:
  Result<FoundTask> find(std::string_view) override { return unsupported(); }
  Result<void> remove(std::string_view) override { return unsupported(); }
  Result<CancelResult> cancel(std::string_view, std::string_view) override { return unsupported(); }
  Result<std::vector<FoundTask>> listBuried(Page) override { return unsupported(); }
  Result<std::size_t> revive(std::span<const std::string>) override { return unsupported(); }

 private:
  static Error unsupported() {
    return Error(ErrorCode::Unsupported, "Amazon SQS cannot find, list or remove single tasks");
  }
};

}  // namespace leptir::sqs
