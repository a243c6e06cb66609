#include "backends/redis/redis_give_back.h"

#include <algorithm>
#include <limits>

#include "backends/redis/redis_buried.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_fields.h"
#include "backends/redis/redis_scan_step.h"
#include "base/escape.h"
#include "base/failpoint.h"
#include "base/task_id.h"
#include "task/envelope.h"
#include "task/envelope_counters.h"

namespace leptir {
namespace {

// Small, since each may have 16 MiB.
constexpr std::size_t kReadAtOnce = 32;
// How many fields of a session's hash one look answers at most, and how many that are no leases it buries.
constexpr std::string_view kMostFieldsAtOnce = "1000";
// A session whose every look finds only what cannot be given back: so many looks, then it is an error.
constexpr int kMostLooks = 1000;
// The cursor of a look that takes any fields.
constexpr std::string_view kSome = "some";

// What one look found in a session's hash.
struct Fields {
  std::string next;                    // the cursor of the next look; "0": this was the last
  std::vector<std::uint64_t> numbers;  // of leases, in no order
  std::size_t buried = 0;              // fields that were no leases
  std::int64_t bytes = 0, held = 0;    // gone through; how many fields there are
};

Result<Fields> fieldsIn(const RedisExpect& expect, RedisValue answer) {
  constexpr auto kAny = std::numeric_limits<std::int64_t>::max();
  if (auto fits = expect.list(answer, 5); !fits) return fits.error();
  if (auto fits = expect.texts(answer[1]); !fits) return fits.error();
  const auto buried = expect.integer(answer[2], 0, kAny), bytes = expect.integer(answer[3], 0, kAny),
             held = expect.integer(answer[4], 0, kAny);
  for (const auto* number : {&buried, &bytes, &held}) {
    if (!*number) return number->error();
  }
  if (auto fits = expect.textOrNil(answer[0]); !fits) return fits.error();
  Fields fields{std::string(answer[0].text()), {}, static_cast<std::size_t>(*buried), *bytes, *held};
  for (std::size_t i = 0; i < answer[1].size(); ++i)
    fields.numbers.push_back(static_cast<std::uint64_t>(answer[1][i].integer()));
  return fields;
}

Result<Fields> lookAtHeld(RedisQueue& queue, const std::string& key, std::string_view cursor, Reading reading,
                          std::int64_t step) {
  const auto& keys = queue.keys;
  const auto count = std::to_string(step);
  const std::string_view names[]{key, keys.ids, keys.buried, keys.buriedTasks};
  const std::string_view arguments[]{cursor, kMostFieldsAtOnce, reading == Reading::AllUnchanged ? "leave" : "bury",
                                     count};
  const auto reply = queue.connection->runScript(queue.scripts.lookAtHeld, names, arguments);
  if (!reply) return reply.error();
  return fieldsIn(RedisExpect(*queue.connection), reply->value());
}

Error endless(const RedisQueue& queue, const std::string& key) {
  return Error(ErrorCode::Unavailable, queue.connection->address().where() + ": a search through key " +
                                           inQuotes(key, 200) + " does not end");
}

// All lease numbers in a session's hash, the lowest first. A session of many is gone through in steps.
Result<std::vector<std::uint64_t>> allNumbers(RedisQueue& queue, const std::string& key, Reading reading) {
  std::vector<std::uint64_t> numbers;
  std::string cursor = "0";
  ScanStep step;
  std::optional<std::int64_t> left;
  do {
    const auto places = step.places();
    auto fields = lookAtHeld(queue, key, cursor, reading, places);
    if (!fields) return fields.error();
    numbers.insert(numbers.end(), fields->numbers.begin(), fields->numbers.end());
    cursor = std::move(fields->next);
    step.adapt(fields->bytes);
    left = left.value_or(mostPlaces(fields->held)) - places;
  } while (cursor != "0" && *left > 0);
  if (cursor != "0") return endless(queue, key);
  std::ranges::sort(numbers);
  const auto again = std::ranges::unique(numbers);  // HSCAN may answer one twice
  numbers.erase(again.begin(), again.end());
  return numbers;
}

// Larger than any envelope that leptir reads: a program other than leptir pushed it.
Result<void> buryTooLarge(RedisQueue& queue, const std::string& key, const std::string& field, std::size_t size) {
  const auto& keys = queue.keys;
  const auto reason = "too large: " + std::to_string(size) + " bytes, more than " + std::to_string(kLargestText);
  const auto least = std::to_string(kLargestText + 1);
  const std::string_view names[]{key, keys.ids, keys.buried, keys.buriedTasks};
  const std::string_view arguments[]{least, "too-large", reason, field};
  const auto buried = queue.connection->runScript(queue.scripts.buryUnread, names, arguments);
  if (!buried) return buried.error();
  const auto count = RedisExpect(*queue.connection).integer(buried->value(), 0, 1);
  return count ? Result<void>() : count.error();
}

Result<void> readPiece(RedisQueue& queue, const std::string& key, std::span<const std::uint64_t> numbers,
                       Reading reading, std::vector<LeasedTask>& tasks) {
  std::vector<std::string> fields;
  for (const auto number : numbers) fields.push_back(std::to_string(number));
  const auto envelopes = readFields(*queue.connection, key, fields);
  if (!envelopes) return envelopes.error();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto& envelope = (*envelopes)[i];
    if (envelope.text) tasks.push_back(leasedTask(numbers[i], *envelope.text));
    if (!envelope.isTooLarge() || reading == Reading::AllUnchanged) continue;
    if (auto buried = buryTooLarge(queue, key, fields[i], envelope.size); !buried) return buried;
  }
  return {};
}

// Those of these lease numbers that still are there; with Reading::OneRequest as many as one request carries.
Result<std::vector<LeasedTask>> readTasks(RedisQueue& queue, const std::string& key,
                                          std::span<const std::uint64_t> numbers, Reading reading) {
  std::vector<LeasedTask> tasks;
  std::size_t fitting = 0;
  for (auto left = numbers; !left.empty() && fitting == tasks.size();) {
    const auto piece = left.first(std::min(left.size(), kReadAtOnce));
    left = left.subspan(piece.size());
    if (auto read = readPiece(queue, key, piece, reading, tasks); !read) return read.error();
    fitting = reading == Reading::OneRequest ? firstPiece(std::span<const LeasedTask>(tasks)) : tasks.size();
  }
  tasks.resize(fitting);
  return tasks;
}

// What cannot be given back is buried by a look, or by the reading after it, so that the next look finds less.
Result<std::vector<LeasedTask>> readSome(RedisQueue& queue, const std::string& key, std::size_t limit) {
  for (int looks = 0; looks < kMostLooks; ++looks) {
    auto fields = lookAtHeld(queue, key, kSome, Reading::OneRequest, 1);
    if (!fields) return fields.error();
    auto& numbers = fields->numbers;
    const bool isEmpty = numbers.empty() && fields->buried == 0;
    std::ranges::sort(numbers);
    numbers.resize(std::min(numbers.size(), limit));
    auto tasks = readTasks(queue, key, numbers, Reading::OneRequest);
    if (!tasks || !tasks->empty() || isEmpty || limit == 0) return tasks;
  }
  return endless(queue, key);
}

// One entry of each block of the script's arguments.
struct Row {
  std::string number, delay, place, envelope, spareId, value;
};

Row rowOf(const GivenBack& given) {
  const auto& [task, delay, reason] = given;
  Row row{.number = std::to_string(task.lease.number)};
  if (delay) {
    row.delay = std::to_string(delay->count());
    row.place = placeIn(task.envelope);
    row.envelope = withCounters(task.envelope, task.counters);
  } else {
    row.spareId = makeTaskId(systemClock());
    row.value = encodeBuried({task.counters, reason, task.envelope});
  }
  return row;
}

}  // namespace

std::string placeIn(std::string_view envelope) {
  const auto head = decodeEnvelope(envelope);
  if (!head) return "";
  const auto due = head->timeOfExecution ? head->timeOfExecution : head->pushedAt;
  return due ? redisTime(*due) : "";
}

Result<std::vector<LeasedTask>> readLeased(RedisQueue& queue, std::string_view session, Reading reading,
                                           std::size_t limit) {
  const auto key = queue.keys.leasedBy(session);
  if (reading == Reading::OneRequest) return readSome(queue, key, limit);
  auto numbers = allNumbers(queue, key, reading);
  if (!numbers) return numbers.error();
  numbers->resize(std::min(numbers->size(), limit));
  return readTasks(queue, key, *numbers, reading);
}

Result<GaveBack> giveBack(RedisQueue& queue, std::string_view session, Giver giver, std::span<const GivenBack> tasks) {
  const auto& keys = queue.keys;
  const auto leased = keys.leasedBy(session), count = std::to_string(tasks.size());
  std::vector<Row> rows;
  for (const auto& task : tasks) rows.push_back(rowOf(task));
  RedisArguments arguments{session, giver == Giver::Claimer ? "claimed" : "open", count};
  for (const auto block : {&Row::number, &Row::delay, &Row::place, &Row::envelope})
    arguments.addBlock(rows, [block](const Row& row) -> std::string_view { return row.*block; });
  arguments.addBlock(tasks, [](const GivenBack& given) -> std::string_view { return given.task.lease.handle; });
  for (const auto block : {&Row::spareId, &Row::value})
    arguments.addBlock(rows, [block](const Row& row) -> std::string_view { return row.*block; });
  const std::string_view names[]{keys.sessions, leased,           keys.queue, keys.ids,   keys.cancel,
                                 keys.buried,   keys.buriedTasks, keys.wake,  keys.cards, keys.places};
  const auto reply = queue.connection->runScript(queue.scripts.giveBack, names, arguments.words());
  if (!reply) return reply.error();
  const auto answer = reply->value();
  const RedisExpect expect(*queue.connection);
  if (!answer.isList()) {
    const auto lost = expect.integer(answer, RedisScripts::kLost, RedisScripts::kLost);
    return lost ? Result<GaveBack>(GaveBack{0, SessionState::Lost}) : lost.error();
  }
  if (auto fits = expect.list(answer, 2); !fits) return fits.error();
  const auto done = expect.integer(answer[0], 0, static_cast<std::int64_t>(tasks.size()));
  if (!done) return done.error();
  const auto ended = expect.integer(answer[1], 0, 1);
  if (!ended) return ended.error();
  return GaveBack{static_cast<std::size_t>(*done), *ended == 1 ? SessionState::Ended : SessionState::Open};
}

}  // namespace leptir
