#include "backends/sqs/sqs_receiver.h"

#include <algorithm>
#include <utility>

#include "leptir/spi/broker_session.h"

namespace leptir::sqs {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMostAtOnce = 8;
// After a look that found nothing while a long poll is in flight: the service may just have given a message to the
// poll.
constexpr Duration kGraceOfPoll = std::chrono::milliseconds(20);

}  // namespace

Result<std::vector<ArrivedMessage>> SqsReceiver::receive(std::size_t limit, Duration longest, Wake& wake,
                                                         seconds visibility) {
  lastCall_ = clock_.bootTime();
  client_.wait(Duration::zero());
  collect();
  if (limit == 0) return std::vector<ArrivedMessage>();
  if (arrived_.empty() && (atOnce_ > 1 || longest == Duration::zero())) round(limit, visibility);
  if (arrived_.empty() && longest > Duration::zero()) waitForOne(limit, longest, wake, visibility);
  while (!failed_ && atOnce_ > 1 && arrived_.size() < limit && arrivedBytes_ <= kMostBytesOfALease)
    round(limit - arrived_.size(), visibility);
  const auto failed = std::exchange(failed_, std::nullopt);
  if (failed && arrived_.empty()) return *failed;
  return take(limit);
}

void SqsReceiver::start(std::size_t most, seconds wait, seconds visibility) {
  const auto sent = clock_.bootTime();
  const auto number = client_.start({.operation = "ReceiveMessage",
                                     .body = sqs::receive(client_.queue(), most, wait, visibility),
                                     .repeat = aws::Repeat::Always,
                                     .limit = kRequestLimit + wait});
  flying_.push_back({.number = number, .sent = sent, .asked = most, .isLongPoll = wait > seconds(0)});
}

void SqsReceiver::collect() {
  std::erase_if(flying_, [this](const Flying& flying) {
    auto answer = client_.take(flying.number);
    if (!answer) return false;
    if (!*answer) {
      failed_ = answer->error();
      return true;
    }
    auto messages = receivedMessages(**answer);
    if (flying.isLongPoll && messages.size() == flying.asked && flying.asked == kMostEntries) atOnce_ = 2;
    for (auto& message : messages) {
      arrivedBytes_ += message.body.size();
      arrived_.push_back({std::move(message), flying.sent});
    }
    return true;
  });
}

bool SqsReceiver::isPolling() const {
  return std::ranges::any_of(flying_, &Flying::isLongPoll);
}

std::size_t SqsReceiver::shortInFlight() const {
  return flying_.size() - static_cast<std::size_t>(std::ranges::count_if(flying_, &Flying::isLongPoll));
}

// Several receives that do not wait, for `limit` messages together.
void SqsReceiver::round(std::size_t limit, seconds visibility) {
  const auto before = arrived_.size();
  std::size_t asked = 0;
  for (std::size_t i = 0; i < atOnce_ && asked < limit; ++i) {
    const auto most = std::min(kMostEntries, limit - asked);
    start(most, seconds(0), visibility);
    asked += most;
  }
  while (shortInFlight() > 0) {
    client_.wait(kRequestLimit);
    collect();
  }
  if (arrived_.size() == before && isPolling()) {
    client_.wait(kGraceOfPoll);
    collect();
  }
  adapt(asked, arrived_.size() - before);
}

// Doubles while the answers are at least half full, and falls back to one long poll when nothing comes.
void SqsReceiver::adapt(std::size_t asked, std::size_t got) {
  if (got == 0) {
    atOnce_ = 1;
  } else if (got * 2 >= asked) {
    atOnce_ = std::min(kMostAtOnce, atOnce_ * 2);
  } else {
    atOnce_ = std::max<std::size_t>(1, atOnce_ / 2);
  }
}

void SqsReceiver::waitForOne(std::size_t limit, Duration longest, Wake& wake, seconds visibility) {
  if (!isPolling())
    start(std::min(kMostEntries, limit), std::clamp(visibility / 3, seconds(1), kLongestPoll), visibility);
  const auto end = clock_.bootTime() + std::min(longest, Duration(std::chrono::hours(24)));
  while (arrived_.empty() && !failed_ && isPolling()) {
    const auto left = end - clock_.bootTime();
    if (left <= Duration::zero()) return;
    client_.wait(left, &wake);
    collect();
    if (wake.clear()) return;
  }
}

std::vector<ArrivedMessage> SqsReceiver::take(std::size_t limit) {
  std::vector<ArrivedMessage> taken;
  while (taken.size() < limit && !arrived_.empty()) {
    arrivedBytes_ -= arrived_.front().message.body.size();
    taken.push_back(std::move(arrived_.front()));
    arrived_.pop_front();
  }
  return taken;
}

std::vector<ArrivedMessage> SqsReceiver::takeArrived() {
  client_.wait(isPolling() ? kGraceOfPoll : Duration::zero());
  collect();
  return take(arrived_.size());
}

void SqsReceiver::finish(Duration longest) {
  const auto end = clock_.bootTime() + longest;
  while (!flying_.empty() && clock_.bootTime() < end) {
    client_.wait(end - clock_.bootTime());
    collect();
  }
  for (const auto& flying : flying_) client_.abandon(flying.number);
  flying_.clear();
}

}  // namespace leptir::sqs
