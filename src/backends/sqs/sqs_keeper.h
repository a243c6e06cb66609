// TaskKeeper of a store that finds no message by its content, and tells no message from another until it is received.
#pragma once

#include <string>
#include <string_view>

#include "leptir/spi/task_keeper.h"

namespace leptir::sqs {

// Each error says what to do instead.
class SqsKeeper final : public TaskKeeper {
 public:
  Result<FoundTask> find(std::string_view) override { return unsupported("find a task by its id", kLookAtRecords); }
  Result<void> remove(std::string_view) override { return unsupported("remove a single task", kExpire); }
  Result<CancelResult> cancel(std::string_view, std::string_view) override {
    return unsupported("cancel a single task", kExpire);
  }
  Result<std::vector<FoundTask>> listBuried(Page) override { return unsupported("keep buried tasks", kPushAgain); }
  Result<std::size_t> revive(std::span<const std::string>) override { return unsupported("revive tasks", kPushAgain); }
  Result<TaskList> list(const TaskFilter&, std::string_view, std::size_t) override {
    return unsupported("list its tasks", kLookAtRecords);
  }
  Result<std::optional<Time>> earliestDue() override {
    return unsupported("tell the due times of its tasks",
                       "its metric ApproximateAgeOfOldestMessage in CloudWatch tells the age of the oldest task");
  }
  Result<std::size_t> removeMany(std::span<const std::string>) override {
    return unsupported("remove single tasks", kExpire);
  }
  Result<std::size_t> reschedule(std::span<const std::string>, std::optional<Time>) override {
    return unsupported("change the due times of its tasks", "push the task again with another time of execution");
  }
  Result<std::vector<ListedSession>> listSessions(Page) override {
    return unsupported("list its sessions", "ask each instance by `leptir status` on its machine");
  }

 private:
  static constexpr std::string_view kLookAtRecords =
      "`leptir info ID` and `leptir tasks` show the records of tasks that have begun";
  static constexpr std::string_view kPushAgain =
      "the record of such a task has its envelope: `leptir info ID | jq -r .envelope | leptir push --stdin` runs it "
      "again";
  static constexpr std::string_view kExpire =
      "give tasks an expiry when they are pushed, or purge the whole queue in the console of AWS";

  static Error unsupported(std::string_view action, std::string_view instead) {
    return Error(ErrorCode::Unsupported, std::string("Amazon SQS cannot ").append(action).append("; ").append(instead));
  }
};

}  // namespace leptir::sqs
