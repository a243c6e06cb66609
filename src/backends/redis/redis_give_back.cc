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

// Small, since each may have 16 MiB.
constexpr std::size_t kReadAtOnce = 32;
// How many fields that are no leases one reading buries.
constexpr std::size_t kMostBuriedAtOnce = 1000;

// What a session's hash has: its leases, the lowest numbers first, and what another program put there.
struct Fields {
  std::vector<std::uint64_t> numbers;
  std::vector<std::string> foreign;
};

// As a lease writes it: digits alone, and no zero before them.
std::optional<std::uint64_t> leaseNumberIn(std::string_view field) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
  if (error != std::errc() || std::to_string(number) != field) return {};
  return number;
}

Result<Fields> fieldsOf(RedisQueue& queue, const std::string& key) {
  const auto reply = queue.connection->run({"HKEYS", key});
  if (!reply) return reply.error();
  if (auto fits = RedisExpect(*queue.connection).texts(reply->value()); !fits) return fits.error();
  Fields fields;
  for (std::size_t i = 0; i < reply->value().size(); ++i) {
    const auto field = reply->value()[i].text();
    if (const auto number = leaseNumberIn(field)) {
      fields.numbers.push_back(*number);
    } else {
      fields.foreign.emplace_back(field);
    }
  }
  std::ranges::sort(fields.numbers);
  return fields;
}

// Those of `fields` whose values have at least `least` bytes.
Result<void> buryUnread(RedisQueue& queue, const std::string& key, std::size_t least, std::string_view kind,
                        std::string_view reason, std::span<const std::string> fields) {
  const auto& keys = queue.keys;
  const auto size = std::to_string(least);
  const std::string_view names[]{key, keys.ids, keys.buried, keys.buriedTasks};
  RedisArguments arguments{size, kind, reason};
  arguments.addBlock(fields, [](const std::string& field) -> std::string_view { return field; });
  const auto buried = queue.connection->runScript(queue.scripts.buryUnread, names, arguments.words());
  if (!buried) return buried.error();
  const auto count = RedisExpect(*queue.connection).integer(buried->value(), 0, static_cast<std::int64_t>(fields.size()));
  return count ? Result<void>() : count.error();
}

// Larger than any envelope that leptir reads: a program other than leptir pushed it.
Result<void> buryTooLarge(RedisQueue& queue, const std::string& key, const std::string& field, std::size_t size) {
  const auto reason = "too large: " + std::to_string(size) + " bytes, more than " + std::to_string(kLargestText);
  return buryUnread(queue, key, kLargestText + 1, "too-large", reason, std::span(&field, 1));
}

Result<void> buryForeign(RedisQueue& queue, const std::string& key, std::span<const std::string> fields) {
  if (fields.empty()) return {};
  return buryUnread(queue, key, 0, "foreign", "it stood among the leases of a session under no lease number",
                    fields.first(std::min(fields.size(), kMostBuriedAtOnce)));
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
  auto found = fieldsOf(queue, key);
  if (!found) return found.error();
  if (reading != Reading::AllUnchanged) {
    if (auto buried = buryForeign(queue, key, found->foreign); !buried) return buried.error();
  }
  auto& numbers = found->numbers;
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
