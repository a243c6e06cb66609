#include "top/model.h"

#include <algorithm>
#include <utility>

#include "top/model_state.h"

namespace leptir::top {
namespace {

constexpr auto kOnRequestOnlyInterval = std::chrono::hours(24);

// Questions that an operator asks are asked again at the usual interval, whatever the answer was.
std::function<AskResult()> alwaysAnswered(std::function<void()> ask) {
  return [ask = std::move(ask)] {
    ask();
    return AskResult::Answered;
  };
}

}  // namespace

Model::Model(Sources sources, Options options, Wake& changed)
    : state_(std::make_unique<State>(std::move(sources), std::move(options), changed)) {
  auto& state = *state_;
  const auto interval = state.options.interval;
  for (const auto& source : state.sources.queues) {
    state.queueSources.push_back(std::make_unique<State::SourceState>(State::SourceState{.source = source}));
    state.queueSources.back()->answer.store = source.name;
  }
  if (state.sources.records) {
    state.records.source = *state.sources.records;
    state.records.answer.store = state.records.source.name;
  }
  for (const auto& source : state.queueSources)
    state.pollers.push_back(
        std::make_unique<Poller>([&state, &own = *source] { return state.askQueues(own); }, interval));
  if (state.sources.records)
    state.pollers.push_back(std::make_unique<Poller>([&state] { return state.askFailures(); }, interval));
  state.pages = std::make_unique<Poller>(alwaysAnswered([&state] { state.askPage(); }), interval);
  state.counting = std::make_unique<Poller>(alwaysAnswered([&state] { state.countTasks(); }), kOnRequestOnlyInterval);
  state.acting = std::make_unique<Poller>(alwaysAnswered([&state] { state.doActions(); }), kOnRequestOnlyInterval);
}

Model::~Model() = default;

Snapshot Model::snapshot() const {
  const std::lock_guard lock(state_->mutex);
  Snapshot snapshot{.now = state_->now()};
  for (const auto& source : state_->queueSources) {
    snapshot.answers.push_back(source->answer);
    snapshot.queues.insert(snapshot.queues.end(), source->queues.begin(), source->queues.end());
    // A queue has its row before its store has answered, so that the order of the rows, and the selection, do not
    // depend on which store answers first.
    if (source->queues.empty())
      snapshot.queues.push_back(
          {.name = source->source.name, .counts = Error(ErrorCode::Unavailable, "not asked yet")});
  }
  if (state_->sources.records) snapshot.answers.push_back(state_->records.answer);
  for (const auto& [queue, trend] : state_->growth) {
    if (trend.perSecond()) snapshot.growth[queue] = *trend.perSecond();
  }
  snapshot.instances = state_->instances;
  snapshot.failures = state_->failures;
  snapshot.rates = state_->meter.currentRates();
  snapshot.history = state_->meter.history();
  snapshot.text = state_->text;
  snapshot.rows = state_->rows;
  snapshot.count = state_->count;
  snapshot.news = state_->news;
  return snapshot;
}

void Model::setInterval(Duration interval) {
  for (const auto& poller : state_->pollers) poller->setInterval(interval);
  state_->pages->setInterval(interval);
}

void Model::askNow() {
  for (const auto& poller : state_->pollers) poller->askNow();
  state_->pages->askNow();
}

void Model::openTaskText(TaskTextQuery textQuery) {
  state_->update([&] {
    state_->wantedTextQuery = textQuery;
    state_->wantedQuery.reset();
    state_->text = {.textQuery = std::move(textQuery)};
  });
  state_->pages->askNow();
}

void Model::list(TaskQuery query) {
  state_->update([&] {
    state_->wantedQuery = query;
    state_->wantedTextQuery.reset();
    if (!(state_->rows.query == query)) state_->rows = {.query = std::move(query)};
  });
  state_->pages->askNow();
}

void Model::stopAskingForPage() {
  const std::lock_guard lock(state_->mutex);
  state_->wantedTextQuery.reset();
  state_->wantedQuery.reset();
}

void Model::count(std::uint64_t countId, Action action) {
  state_->update([&] { state_->wantedCount = std::pair(countId, std::move(action)); });
  state_->counting->askNow();
}

void Model::act(Action action) {
  state_->update([&] {
    state_->news = ActionNews{titleOf(action) + ": not done yet", ActionNews::Kind::Running, state_->now()};
    state_->actions.push_back(std::move(action));
  });
  state_->acting->askNow();
}

void Model::notice(const std::string& text) {
  state_->update([&] { state_->news = ActionNews{text, ActionNews::Kind::Done, state_->now()}; });
}

bool Model::end(Duration maxPollWait, Duration maxActionWait) {
  state_->isEnding = true;
  std::vector<Poller*> questions{state_->pages.get(), state_->counting.get()};
  for (const auto& poller : state_->pollers) questions.push_back(poller.get());
  for (auto* poller : questions) poller->end(Duration::zero());
  const bool hasActed = state_->acting->end(maxActionWait);
  const auto until = std::chrono::steady_clock::now() + maxPollWait;
  return std::ranges::all_of(questions,
                             [&](Poller* poller) {
                               const auto left =
                                   std::chrono::duration_cast<Duration>(until - std::chrono::steady_clock::now());
                               return poller->end(std::max(left, Duration::zero()));
                             }) &&
         hasActed;
}

}  // namespace leptir::top
