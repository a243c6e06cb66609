#include "backends/redis/redis_give_back.h"

#include <algorithm>
#include <charconv>

#include "backends/redis/redis_buried.h"
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

Result<void> readPiece(RedisQueue& queue, const std::string& key, std::span<const std::uint64_t> numbers,
                       std::vector<LeasedTask>& tasks) {
  std::vector<std::string> texts{"HMGET", key};
  for (const auto number : numbers) texts.push_back(std::to_string(number));
  const std::vector<std::string_view> words(texts.begin(), texts.end());
  const auto envelopes = queue.connection->run(words);
  if (!envelopes) return envelopes.error();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto envelope = envelopes->value()[i];
    if (!envelope.isNil()) tasks.push_back(leasedTask(numbers[i], envelope.text()));
  }
  return {};
}

// Where a task stood whose id is in no list: as its envelope says.
std::string placeOf(const GivenBack& given) {
  const auto head = decodeEnvelope(given.task.envelope);
  if (!head) return "";
  const auto due = head->timeOfExecution ? head->timeOfExecution : head->pushedAt;
  return due ? redisTime(*due) : "";
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
    row.place = placeOf(given);
    row.envelope = withCounters(task.envelope, task.counters);
  } else {
    row.spareId = makeTaskId(systemClock());
    row.value = encodeBuried({task.counters, reason, task.envelope});
  }
  return row;
}

}  // namespace

Result<std::vector<LeasedTask>> readLeased(RedisQueue& queue, std::string_view session, Reading reading,
                                           std::size_t limit) {
  const auto key = queue.keys.leasedBy(session);
  const auto fields = queue.connection->run({"HKEYS", key});
  if (!fields) return fields.error();
  auto numbers = numbersIn(fields->value());
  numbers.resize(std::min(numbers.size(), limit));
  std::vector<LeasedTask> tasks;
  std::size_t fitting = 0;
  for (std::span<const std::uint64_t> left = numbers; !left.empty() && fitting == tasks.size();) {
    const auto piece = left.first(std::min(left.size(), kReadAtOnce));
    left = left.subspan(piece.size());
    if (auto read = readPiece(queue, key, piece, tasks); !read) return read.error();
    fitting = reading == Reading::All ? tasks.size() : firstPiece(std::span<const LeasedTask>(tasks));
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
  const std::string_view names[]{keys.sessions, leased,           keys.queue, keys.ids,  keys.cancel,
                                 keys.buried,   keys.buriedTasks, keys.wake,  keys.cards};
  const auto reply = queue.connection->runScript(queue.scripts.giveBack, names, arguments.words());
  if (!reply) return reply.error();
  const auto answer = reply->value();
  if (!answer.isList()) return GaveBack{0, SessionState::Lost};
  return GaveBack{static_cast<std::size_t>(answer[0].integer()),
                  answer[1].integer() != 0 ? SessionState::Ended : SessionState::Open};
}

}  // namespace leptir
