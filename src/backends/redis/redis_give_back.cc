#include "backends/redis/redis_give_back.h"

#include <algorithm>
#include <charconv>

#include "backends/redis/redis_buried.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_fields.h"
#include "base/failpoint.h"
#include "base/task_id.h"
#include "task/envelope.h"
#include "task/envelope_counters.h"

namespace leptir {
namespace {

std::uint64_t numberOf(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Small, since each may have 16 MiB.
constexpr std::size_t kReadAtOnce = 32;

std::vector<std::uint64_t> numbersIn(RedisValue fields) {
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 0; i < fields.size(); ++i) numbers.push_back(numberOf(fields[i].text()));
  std::ranges::sort(numbers);
  return numbers;
}

Result<std::vector<std::uint64_t>> numbersOf(RedisQueue& queue, const std::string& key) {
  const auto fields = queue.connection->run({"HKEYS", key});
  if (!fields) return fields.error();
  if (auto fits = RedisExpect(*queue.connection).texts(fields->value()); !fits) return fits.error();
  return numbersIn(fields->value());
}

// Larger than any envelope that leptir reads: a program other than leptir pushed it.
Result<void> buryTooLarge(RedisQueue& queue, const std::string& key, std::string_view number) {
  const auto& keys = queue.keys;
  const auto largest = std::to_string(kLargestText);
  const std::string_view names[]{key, keys.ids, keys.buried, keys.buriedTasks}, arguments[]{number, largest};
  const auto buried = queue.connection->runScript(queue.scripts.buryTooLarge, names, arguments);
  return buried ? Result<void>() : buried.error();
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
    if (auto buried = buryTooLarge(queue, key, fields[i]); !buried) return buried;
  }
  return {};
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
  auto found = numbersOf(queue, key);
  if (!found) return found.error();
  auto& numbers = *found;
  numbers.resize(std::min(numbers.size(), limit));
  std::vector<LeasedTask> tasks;
  std::size_t fitting = 0;
  for (std::span<const std::uint64_t> left = numbers; !left.empty() && fitting == tasks.size();) {
    const auto piece = left.first(std::min(left.size(), kReadAtOnce));
    left = left.subspan(piece.size());
    if (auto read = readPiece(queue, key, piece, reading, tasks); !read) return read.error();
    fitting = reading == Reading::OneRequest ? firstPiece(std::span<const LeasedTask>(tasks)) : tasks.size();
  }
  tasks.resize(fitting);
  return tasks;
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
