#include "backends/redis/redis_give_back.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_give_back_calls.h"
#include "backends/redis/redis_scan_step.h"
#include "backends/redis/redis_stored_values.h"
#include "base/escape.h"

namespace leptir::redis {
namespace {

// Tasks of one exchange; few, since each may have 16 MiB.
constexpr std::size_t kReadAtOnce = 32;
// After so many runs that found only tasks that cannot be given back, reading the session is an error.
constexpr int kMaxReadsWithoutTask = 1000;

// What one run of the script found in the hash of a session.
struct FieldPage {
  std::string next;                        // the cursor for the next run; "0": this was the last
  std::vector<std::uint64_t> numbers;      // lease numbers, unordered
  std::size_t buried = 0;                  // how many fields that are no lease numbers were buried
  std::int64_t bytes = 0, fieldCount = 0;  // visited bytes; number of fields of the session
};

Result<FieldPage> fieldPageIn(RedisQueue& queue, RedisValue answer) {
  const RedisExpect expect(*queue.connection);
  constexpr auto kAny = std::numeric_limits<std::int64_t>::max();
  if (auto fits = expect.list(answer, 5); !fits) return fits.error();
  if (auto fits = expect.texts(answer[1]); !fits) return fits.error();
  const auto bytes = expect.integer(answer[3], 0, kAny), fieldCount = expect.integer(answer[4], 0, kAny);
  for (const auto* number : {&bytes, &fieldCount}) {
    if (!*number) return number->error();
  }
  if (auto fits = expect.textOrNil(answer[0]); !fits) return fits.error();
  const auto buried = queue.burials.note(*queue.connection, answer[2]);
  if (!buried) return buried.error();
  FieldPage fields{std::string(answer[0].text()), {}, *buried, *bytes, *fieldCount};
  for (std::size_t i = 0; i < answer[1].size(); ++i)
    fields.numbers.push_back(static_cast<std::uint64_t>(answer[1][i].integer()));
  return fields;
}

Result<FieldPage> readLeaseNumbers(RedisQueue& queue, const std::string& key, std::string_view cursor, Reading reading,
                                   std::int64_t step) {
  const auto others = reading == Reading::AllReadOnly ? calls::OtherFields::Leave : calls::OtherFields::Bury;
  const auto reply = runScript(*queue.connection, calls::listLeaseNumbers(queue, key, cursor, others, step));
  if (!reply) return reply.error();
  return fieldPageIn(queue, reply->value());
}

// All lease numbers of a session, the lowest first. Buries the fields that are no leases, unless `reading` is
// AllReadOnly. A large session is scanned in steps.
Result<std::vector<std::uint64_t>> allNumbers(RedisQueue& queue, const std::string& key, Reading reading) {
  std::vector<std::uint64_t> numbers;
  std::string cursor = "0";
  ScanStep step;
  std::optional<std::int64_t> left;
  do {
    const auto buckets = step.buckets();
    auto fields = readLeaseNumbers(queue, key, cursor, reading, buckets);
    if (!fields) return fields.error();
    numbers.insert(numbers.end(), fields->numbers.begin(), fields->numbers.end());
    cursor = std::move(fields->next);
    step.adapt(fields->bytes);
    left = left.value_or(maxScannedBuckets(fields->fieldCount)) - buckets;
  } while (cursor != "0" && *left > 0);
  if (cursor != "0") return endlessSearch(*queue.connection, "key " + base::inQuotes(key, 200));
  std::ranges::sort(numbers);
  const auto again = std::ranges::unique(numbers);  // HSCAN may return a field twice
  numbers.erase(again.begin(), again.end());
  return numbers;
}

// Buries a task with a larger envelope than leptir reads; another program pushed it.
Result<void> buryTooLarge(RedisQueue& queue, const std::string& key, const std::string& leaseNumber) {
  const auto buried = runScript(*queue.connection, calls::buryTooLarge(queue, key, leaseNumber));
  if (!buried) return buried.error();
  const auto noted = queue.burials.note(*queue.connection, buried->value());
  return noted ? Result<void>() : noted.error();
}

Result<void> readPiece(RedisQueue& queue, const std::string& key, std::span<const std::uint64_t> numbers,
                       Reading reading, std::vector<LeasedTask>& tasks) {
  std::vector<std::string> fields;
  for (const auto number : numbers) fields.push_back(std::to_string(number));
  const auto envelopes = readFields(*queue.connection, key, fields);
  if (!envelopes) return envelopes.error();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto& envelope = (*envelopes)[i];
    if (envelope.isText()) tasks.push_back(leasedTask(numbers[i], envelope.text));
    if (envelope.kind != StoredValue::Kind::TooLarge || reading == Reading::AllReadOnly) continue;
    if (auto buried = buryTooLarge(queue, key, fields[i]); !buried) return buried;
  }
  return {};
}

// The tasks with these lease numbers that the session still holds; with Reading::OneRequest only as many as fit into
// one request.
Result<std::vector<LeasedTask>> readTasks(RedisQueue& queue, const std::string& key,
                                          std::span<const std::uint64_t> numbers, Reading reading) {
  std::vector<LeasedTask> tasks;
  std::size_t fitting = 0;
  for (auto left = numbers; !left.empty() && fitting == tasks.size();) {
    const auto piece = left.first(std::min(left.size(), kReadAtOnce));
    left = left.subspan(piece.size());
    if (auto read = readPiece(queue, key, piece, reading, tasks); !read) return read.error();
    fitting =
        reading == Reading::OneRequest ? countFittingOneRequest(std::span<const LeasedTask>(tasks)) : tasks.size();
  }
  tasks.resize(fitting);
  return tasks;
}

// Repeats until there is a task to give back: each run, and each reading after it, buries what cannot be given back, so
// that the next run finds less.
Result<std::vector<LeasedTask>> readSome(RedisQueue& queue, const std::string& key, std::size_t limit) {
  for (int looks = 0; looks < kMaxReadsWithoutTask; ++looks) {
    auto fields = readLeaseNumbers(queue, key, calls::kRandomLeaseNumbers, Reading::OneRequest, 1);
    if (!fields) return fields.error();
    auto& numbers = fields->numbers;
    const bool isEmpty = numbers.empty() && fields->buried == 0;
    std::ranges::sort(numbers);
    numbers.resize(std::min(numbers.size(), limit));
    auto tasks = readTasks(queue, key, numbers, Reading::OneRequest);
    if (!tasks || !tasks->empty() || isEmpty || limit == 0) return tasks;
  }
  return endlessSearch(*queue.connection, "key " + base::inQuotes(key, 200));
}

}  // namespace

Result<std::vector<LeasedTask>> readLeased(RedisQueue& queue, std::string_view session, Reading reading,
                                           std::size_t limit) {
  const auto key = queue.keys.leasedBy(session);
  if (reading == Reading::OneRequest) return readSome(queue, key, limit);
  auto numbers = allNumbers(queue, key, reading);
  if (!numbers) return numbers.error();
  numbers->resize(std::min(numbers->size(), limit));
  return readTasks(queue, key, *numbers, reading);
}

Result<std::vector<std::uint64_t>> listLeaseNumbers(RedisQueue& queue, std::string_view session) {
  return allNumbers(queue, queue.keys.leasedBy(session), Reading::AllReadOnly);
}

Result<GiveBackResult> giveBack(RedisQueue& queue, std::string_view session, GiveBackCaller giver,
                                std::span<const TaskToGiveBack> tasks) {
  const auto reply = runScript(*queue.connection, calls::giveBackTasks(queue, session, giver, tasks));
  if (!reply) return reply.error();
  const auto answer = reply->value();
  const RedisExpect expect(*queue.connection);
  if (!answer.isList()) {
    const auto lost = expect.integer(answer, RedisScripts::kSessionLost, RedisScripts::kSessionLost);
    return lost ? Result<GiveBackResult>(GiveBackResult{0, SessionState::Lost}) : lost.error();
  }
  if (auto fits = expect.list(answer, 2); !fits) return fits.error();
  const auto done = expect.integer(answer[0], 0, static_cast<std::int64_t>(tasks.size()));
  if (!done) return done.error();
  const auto ended = expect.integer(answer[1], 0, 1);
  if (!ended) return ended.error();
  return GiveBackResult{static_cast<std::size_t>(*done), *ended == 1 ? SessionState::Ended : SessionState::Open};
}

}  // namespace leptir::redis
