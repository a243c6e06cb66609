#include "operations/again_records.h"

#include <utility>

#include "leptir/outcome.h"
#include "leptir/task_record.h"
#include "meta/record_keys.h"
#include "operations/record_log.h"
#include "operations/selection.h"

namespace leptir::operations {

TaskSelection selectionOfAgain(TaskSelection selection) {
  if (selection.state) return selection;
  const bool asksCancelled = selection.cause == nameOf(Cause::Cancelled);
  selection.state = asksCancelled ? ListedState::Cancelled : ListedState::Failed;
  return selection;
}

Result<AgainSlice> AgainRecords::read(const std::string& cursor, std::size_t limit, AgainLeftOut& leftOut) {
  auto listed = list(cursor, limit);
  if (!listed) return listed.error();
  AgainSlice slice{.cursor = std::move(listed->cursor), .examined = listed->examined};
  for (auto& record : listed->records) {
    if (!endedAsSelected(selection_, record)) {
      if (isOver(record) && endStateOf(record) == ListedState::Cancelled) ++leftOut.cancelled;
      continue;
    }
    if (record.contains(meta::key::kBuried)) {
      ++leftOut.buried;
      continue;
    }
    auto newId = againIdOf(record);
    leaveOutLogs(record);
    slice.tasks.push_back({.task = listedTaskOf(std::move(record)), .newId = std::move(newId)});
  }
  if (auto left = leaveOutPushedAgain(slice.tasks, leftOut); !left) return left.error();
  return slice;
}

Result<RecordList> AgainRecords::list(const std::string& cursor, std::size_t limit) {
  Result<RecordList> list = Error(ErrorCode::Unsupported, "no meta storage is configured, so there are no records");
  for (std::size_t i = 0; i < stores_.records.size(); ++i) {
    list = askStorage(stores_.records, i, [&](SimpleMetaStorage& storage) {
      return storage.listRecords(metaFilterOf(selection_), cursor, limit);
    });
    if (list || list.error().code() != ErrorCode::Unsupported) return list;
  }
  return list;
}

Result<void> AgainRecords::leaveOutPushedAgain(std::vector<AgainTask>& tasks, AgainLeftOut& leftOut) {
  std::vector<std::string> ids;
  for (const auto& task : tasks) ids.push_back(task.newId);
  const auto pushed = pushedAgain_.arePushed(ids);
  if (!pushed) return pushed.error();
  std::vector<AgainTask> rest;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if ((*pushed)[i])
      ++leftOut.pushedBefore;
    else
      rest.push_back(std::move(tasks[i]));
  }
  tasks = std::move(rest);
  return {};
}

}  // namespace leptir::operations
