#include "operations/instance_questions.h"

#include <fmt/format.h>

#include <random>
#include <thread>
#include <utility>

namespace leptir::operations {
namespace {

constexpr auto kAnswerPollInterval = std::chrono::milliseconds(100);
constexpr std::size_t kMostAnswerPieces = 64;

std::string describeInstance(const InstanceView& instance) {
  return fmt::format("instance {} ({}:{})", instance.instance, instance.host, instance.pid);
}

fleet::Question questionTo(const InstanceView& instance, fleet::Question::Kind kind, const std::string& taskId) {
  std::random_device random;
  return {.kind = kind,
          .instance = instance.instance,
          .task = taskId,
          .mark = fmt::format("{:08x}{:08x}", random(), random())};
}

// The index of the broker in whose store the question stands now.
Result<std::size_t> putQuestion(Stores& stores, const InstanceView& instance, const fleet::Question& question) {
  Error last(ErrorCode::Unsupported, "no store of " + describeInstance(instance) + " keeps questions");
  for (const auto& name : instance.brokers) {
    const auto brokers = brokersNamed(stores, name);
    if (!brokers) continue;
    const auto put = askFleet(stores, brokers->front(), [&](FleetStore& store) {
      return store.put(keyOf(question, stores.clock->now()), fleet::textOf(question), fleet::kQuestionLifetime);
    });
    if (put) return brokers->front();
    last = put.error();
  }
  return last;
}

Result<std::optional<std::string>> lookForAnswer(Stores& stores, std::size_t broker, const fleet::Question& question) {
  return askFleet(stores, broker, [&](FleetStore& store) -> Result<std::optional<std::string>> {
    const auto entries = store.list(fleet::answerKeys(question), "", kMostAnswerPieces);
    if (!entries) return entries.error();
    auto answer = fleet::answerIn(*entries);
    if (!answer) return answer;
    for (const auto& entry : *entries) (void)store.erase(entry.key);  // else they are gone after their lifetime
    return answer;
  });
}

}  // namespace

Result<Json> askInstance(Stores& stores, const InstanceView& instance, fleet::Question::Kind kind,
                         const std::string& taskId, Duration longestWait) {
  if (!instance.answersQuestions)
    return Error(ErrorCode::Unsupported,
                 fmt::format("{} runs the task, but answers no questions: its version is older, or it hangs",
                             describeInstance(instance)));
  const auto question = questionTo(instance, kind, taskId);
  const auto broker = putQuestion(stores, instance, question);
  if (!broker) return broker.error();
  const auto end = systemClock().bootTime() + longestWait;
  while (systemClock().bootTime() < end) {
    const auto found = lookForAnswer(stores, *broker, question);
    if (!found) return found.error();
    if (*found) {
      const auto answer = fleet::answerOf(**found);
      if (!answer) return answer.error().in(describeInstance(instance));
      return parseJson(*answer);
    }
    std::this_thread::sleep_for(kAnswerPollInterval);
  }
  return Error(ErrorCode::TimedOut,
               describeInstance(instance) + " has not answered: it hangs, or cannot reach its store");
}

}  // namespace leptir::operations
