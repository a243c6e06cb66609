#include "backends/mongodb/mongodb_keeper.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "backends/mongodb/mongodb_counts.h"
#include "backends/mongodb/mongodb_due_search.h"
#include "backends/mongodb/mongodb_task_lister.h"
#include "backends/mongodb/repeated.h"
#include "backends/mongodb/session_documents.h"
#include "backends/mongodb/task_update.h"
#include "base/utf8.h"
#include "broker/cancel_requester.h"
#include "broker/keeper_errors.h"

namespace leptir::mongodb {
namespace {

// A task may change its state between being found and being changed: then it is located again, at most so often.
constexpr int kMaxLocateRounds = 20;

Error keepsChangingState(std::string_view id) {
  return Error(ErrorCode::Unavailable, fmt::format("task {} changes its state again and again; try later", id));
}

bool isLeased(DocumentView document) {
  return document.text(field::kState) == state::kLeased;
}

// Ids of tasks are UTF-8, and no filter takes other texts.
std::vector<std::string> idsInUtf8(std::span<const std::string> ids) {
  std::vector<std::string> possible;
  for (const auto& id : ids) {
    if (base::isUtf8(id)) possible.push_back(id);
  }
  return possible;
}

}  // namespace

Result<FoundTask> MongodbKeeper::find(std::string_view id) {
  const auto found = locate(id, Read::Whole);
  if (!found) return found.error().error();
  if (!*found) return broker::noSuchTask(id);
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  return foundTask(**found, *now);
}

// A task of another producer may still lack its id.
MongodbResult<std::optional<Document>> MongodbKeeper::locate(std::string_view id, Read read) {
  if (!base::isUtf8(id)) return std::optional<Document>();
  auto found = findById(id, read);
  if (!found || *found) return found;
  const auto adopted = adoption_.adoptSome();
  if (!adopted && adopted.error().remedy != Remedy::Configure) return tl::unexpected(adopted.error());
  if (!adopted || *adopted == 0) return found;
  if (auto all = adoption_.adoptAll(); !all) return tl::unexpected(all.error());
  return findById(id, read);
}

MongodbResult<std::optional<Document>> MongodbKeeper::findById(std::string_view id, Read read) {
  auto options = Document().add("limit", 1);
  if (read == Read::State) options.add("projection", Document().add(field::kState, 1).add(field::kLease, 1));
  auto found = client_.find(queue_->tasks, Document().add(field::kId, id), options);
  if (!found) return tl::unexpected(found.error());
  if (found->empty()) return std::optional<Document>();
  return std::move(found->front());
}

// --- removing and cancelling

// After a lost reply a task that is not there any more has been removed.
Result<void> MongodbKeeper::remove(std::string_view id) {
  bool mayBeRemoved = false;
  Attempts attempts;
  for (int attempt = 0; attempt < kMaxLocateRounds; ++attempt) {
    const auto found = locate(id, Read::State);
    if (!found) return found.error().error();
    if (!*found) return mayBeRemoved ? Result<void>() : broker::noSuchTask(id);
    if (isLeased(**found)) return broker::taskLeasedError(id);
    const auto removed = removeFound(**found);
    if (!removed && !attempts.mayRepeat(removed.error())) return removed.error().error();
    if (removed && *removed) return {};
    mayBeRemoved = mayBeRemoved || !removed;
  }
  return keepsChangingState(id);
}

Result<CancelResult> MongodbKeeper::cancel(std::string_view id, std::string_view by) {
  bool mayBeRemoved = false;
  Attempts attempts;
  for (int attempt = 0; attempt < kMaxLocateRounds; ++attempt) {
    const auto found = locate(id, Read::State);
    if (!found) return found.error().error();
    if (!*found) return mayBeRemoved ? Result<CancelResult>(CancelResult::Removed) : broker::noSuchTask(id);
    const bool leased = isLeased(**found);
    const auto done = leased ? requestCancel(**found, by) : removeFound(**found);
    if (!done && !attempts.mayRepeat(done.error())) return done.error().error();
    if (done && *done) return leased ? CancelResult::Requested : CancelResult::Removed;
    mayBeRemoved = mayBeRemoved || (!done && !leased);
  }
  return keepsChangingState(id);
}

MongodbResult<bool> MongodbKeeper::removeFound(DocumentView found) {
  const auto statement = Document().add("q", unchangedFilter(found)).add("limit", 1);
  const auto done = client_.deleteAll(queue_->tasks, {&statement, 1});
  if (!done) return tl::unexpected(done.error());
  if (!done->failures.empty()) return tl::unexpected(done->failures.front().error);
  return done->matched > 0;
}

MongodbResult<bool> MongodbKeeper::requestCancel(DocumentView found, std::string_view by) {
  TaskUpdate request;
  request.set(field::kCancel, utf8OrEscaped(broker::requesterOrUnknown(by)));
  const auto statement = updateStatement(unchangedFilter(found), request);
  const auto done = client_.updateAll(queue_->tasks, {&statement, 1});
  if (!done) return tl::unexpected(done.error());
  if (!done->failures.empty()) return tl::unexpected(done->failures.front().error);
  return done->matched > 0;
}

// --- buried tasks

Result<std::vector<FoundTask>> MongodbKeeper::listBuried(Page page) {
  if (page.limit == 0) return std::vector<FoundTask>();
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  const auto options = Document()
                           .add("sort", Document().add(field::kBuriedAt, 1))
                           .add("skip", static_cast<std::int64_t>(page.offset))
                           .add("limit", static_cast<std::int64_t>(page.limit));
  const auto buried = Document().add(field::kState, state::kBuried).add(field::kBuriedAt, op("$gte", 0));
  const auto found = client_.find(queue_->tasks, buried, options);
  if (!found) return found.error().error();
  std::vector<FoundTask> listed;
  for (const auto& document : *found) listed.push_back(foundTask(document, *now));
  return listed;
}

Result<std::vector<FoundTask>> MongodbKeeper::buriedAmong(std::span<const std::string> ids) {
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  const auto found = findBuried(ids, Document());
  if (!found) return found.error().error();
  std::unordered_map<std::string, FoundTask> byId;
  for (const auto& document : *found) {
    auto task = foundTask(document, *now);
    byId.emplace(task.id, std::move(task));
  }
  std::vector<FoundTask> ordered;
  for (const auto& id : ids) {
    if (const auto task = byId.find(id); task != byId.end()) ordered.push_back(task->second);
  }
  return ordered;
}

MongodbResult<std::vector<Document>> MongodbKeeper::findBuried(std::span<const std::string> ids,
                                                               const Document& options) {
  const auto possible = idsInUtf8(ids);
  if (possible.empty()) return std::vector<Document>();
  const auto filter =
      Document().add(field::kId, op("$in", std::span<const std::string>(possible))).add(field::kState, state::kBuried);
  return client_.find(queue_->tasks, filter, options);
}

// --- lists

// Adopts first, so that the list has the tasks of PHP producers, too. For a user who may only read, the list has the
// tasks that are adopted already.
Result<TaskList> MongodbKeeper::list(const TaskFilter& filter, std::string_view cursor, std::size_t limit) {
  const auto adopted = cursor.empty() ? adoption_.adoptAll() : adoption_.adoptFromTimeToTime().map([](auto) {});
  if (!adopted && adopted.error().remedy != Remedy::Configure) return adopted.error().error();
  return MongodbTaskLister(*queue_, filter, limit).list(cursor);
}

Result<std::optional<Time>> MongodbKeeper::earliestDue() {
  const auto adopted = adoption_.adoptAll();
  if (!adopted && adopted.error().remedy != Remedy::Configure) return adopted.error().error();
  const auto waiting =
      Document().add(field::kState, state::kWaiting).add(field::kDue, op("$gte", storableTime(Time::min())));
  const auto options = Document()
                           .add("projection", Document().add(field::kDue, 1))
                           .add("sort", MongodbDueSearch::order())
                           .add("limit", 1);
  const auto found = client_.find(queue_->tasks, waiting, options);
  if (!found) return found.error().error();
  return found->empty() ? std::optional<Time>() : DocumentView(found->front()).date(field::kDue);
}

// --- sessions

Result<std::vector<ListedSession>> MongodbKeeper::listSessions(Page page) {
  auto listed = SessionDocuments(*queue_).list(page);
  if (!listed) return listed.error().error();
  if (listed->empty()) return std::move(*listed);
  std::vector<std::string> names;
  for (const auto& session : *listed) names.push_back(sessionName(session.session));
  const auto counts = countLeasedBySession(*queue_, names);
  if (!counts) return counts.error().error();
  for (auto& session : *listed) {
    const auto count = counts->find(sessionName(session.session));
    if (count != counts->end()) session.leasedTasks = count->second;
  }
  return std::move(*listed);
}

}  // namespace leptir::mongodb
