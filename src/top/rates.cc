#include "top/rates.h"

#include <algorithm>

namespace leptir::top {
namespace {

constexpr auto kMaxCardAge = std::chrono::seconds(10);

double secondsOf(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double increase(std::uint64_t before, std::uint64_t now) {
  return now > before ? static_cast<double>(now - before) : 0;
}

// The mean of `count` values and one more.
double meanAfterAdding(double mean, std::size_t count, double value) {
  return mean + (value - mean) / static_cast<double>(count + 1);
}

}  // namespace

void RateMeter::addSample(const std::vector<InstanceView>& instances, Time now) {
  std::map<std::string, CardCounters> counted;
  for (const auto& instance : instances) {
    if (!instance.hasCard) continue;
    auto& known = counted[instance.instance] = counted_[instance.instance];
    addSample(known, instance);
  }
  counted_ = std::move(counted);
  sumUp(instances, now);
  if (current_) addToHistory(now);
}

// Nothing changes while the card is the one that was read before.
void RateMeter::addSample(CardCounters& before, const InstanceView& instance) {
  if (instance.lastSeen <= before.written) return;
  if (before.written != Time()) {
    const double seconds = secondsOf(instance.lastSeen - before.written);
    before.rates =
        Rates{increase(before.done, instance.done) / seconds, increase(before.failed, instance.failed) / seconds};
  }
  before.done = instance.done;
  before.failed = instance.failed;
  before.written = instance.lastSeen;
}

void RateMeter::sumUp(const std::vector<InstanceView>& instances, Time now) {
  std::optional<Rates> sum;
  for (const auto& instance : instances) {
    const auto known = counted_.find(instance.instance);
    if (known == counted_.end() || !known->second.rates) continue;
    if (!sum) sum = Rates();
    if (now - instance.lastSeen > kMaxCardAge) continue;
    sum->done += known->second.rates->done;
    sum->failed += known->second.rates->failed;
  }
  if (sum || instances.empty()) current_ = sum;
}

void RateMeter::addToHistory(Time now) {
  const auto bar = now.time_since_epoch() / kBarInterval;
  const bool isFirst = history_.done.empty();
  if (isFirst || bar != bar_) {
    const auto missed = isFirst ? 1 : std::clamp<std::int64_t>(bar - bar_, 1, kMaxBars);
    for (auto* values : {&history_.done, &history_.failed}) {
      values->insert(values->end(), static_cast<std::size_t>(missed), 0.0);
      if (values->size() > kMaxBars) values->erase(values->begin(), values->end() - kMaxBars);
    }
    bar_ = bar;
    valuesInLastBar_ = 0;
  }
  history_.done.back() = meanAfterAdding(history_.done.back(), valuesInLastBar_, current_->done);
  history_.failed.back() = meanAfterAdding(history_.failed.back(), valuesInLastBar_, current_->failed);
  ++valuesInLastBar_;
}

void Trend::addSample(double value, Time now) {
  if (lastValue_ && now > lastTime_) perSecond_ = (value - *lastValue_) / secondsOf(now - lastTime_);
  lastValue_ = value;
  lastTime_ = now;
}

}  // namespace leptir::top
