#include "operations/instance_questions.h"

#include <fmt/format.h>

#include <list>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "base/escape.h"

namespace leptir::operations {
namespace {

constexpr auto kAnswerPollInterval = std::chrono::milliseconds(100);
constexpr std::size_t kMaxAnswerPieces = 64;

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
    const auto entries = store.list(fleet::answerKeyPrefix(question), "", kMaxAnswerPieces);
    if (!entries) return entries.error();
    auto answer = fleet::joinAnswer(*entries);
    if (!answer) return answer;
    for (const auto& entry : *entries) (void)store.erase(entry.key);  // else they are gone after their lifetime
    return answer;
  });
}

// One instance that was asked.
class AskedInstance {
 public:
  AskedInstance(Stores& stores, InstanceView instance, const InstanceQuestion& question)
      : stores_(stores),
        instance_(std::move(instance)),
        question_(questionTo(instance_, question.kind, question.taskId)),
        broker_(put()) {}

  // None: it has not answered yet.
  std::optional<Result<Json>> poll() {
    if (!broker_) return broker_.error();
    const auto found = lookForAnswer(stores_, *broker_, question_);
    if (!found) return found.error();
    if (!*found) return std::nullopt;
    const auto answer = fleet::parseAnswer(**found);
    if (!answer) return answer.error().in(describeInstance(instance_));
    return parseJson(*answer);
  }

  InstanceView& instance() { return instance_; }
  Error notRunningError() const {
    return {ErrorCode::Invalid, fmt::format("{}: task {} does not run there now", describeInstance(instance_),
                                            base::inQuotes(question_.task))};
  }
  Error noAnswerError() const {
    return {ErrorCode::TimedOut,
            describeInstance(instance_) + " has not answered: it hangs, or cannot reach its store"};
  }

 private:
  Result<std::size_t> put() {
    if (instance_.answersQuestions) return putQuestion(stores_, instance_, question_);
    return Error(ErrorCode::Unsupported,
                 fmt::format("{} runs the task, but answers no questions: its version is older, or it hangs",
                             describeInstance(instance_)));
  }

  Stores& stores_;
  InstanceView instance_;
  fleet::Question question_;
  Result<std::size_t> broker_;  // in whose store the question stands
};

// Keeps the error that tells most.
void keepWorse(std::optional<Error>& worst, const Error& error) {
  const bool isWorse = !worst || (worst->code() == ErrorCode::Invalid && error.code() != ErrorCode::Invalid);
  if (isWorse) worst = error;
}

}  // namespace

Result<InstanceAnswer> askInstances(Stores& stores, std::vector<InstanceView> instances,
                                    const InstanceQuestion& question) {
  std::list<AskedInstance> waiting;
  for (auto& instance : instances) waiting.emplace_back(stores, std::move(instance), question);
  std::optional<Error> worst;
  for (const auto end = systemClock().bootTime() + question.longestWait; systemClock().bootTime() < end;) {
    for (auto asked = waiting.begin(); asked != waiting.end();) {
      auto answer = asked->poll();
      if (!answer) {
        ++asked;
        continue;
      }
      if (*answer && question.isAnswer(**answer))
        return InstanceAnswer{.instance = std::move(asked->instance()), .json = std::move(**answer)};
      keepWorse(worst, *answer ? asked->notRunningError() : answer->error());
      asked = waiting.erase(asked);
    }
    if (waiting.empty()) return *worst;
    std::this_thread::sleep_for(kAnswerPollInterval);
  }
  keepWorse(worst, waiting.front().noAnswerError());
  return *worst;
}

}  // namespace leptir::operations
