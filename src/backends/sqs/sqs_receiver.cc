#include "backends/sqs/sqs_receiver.h"

#include <algorithm>
#include <utility>

#include "backends/sqs/received_messages.h"
#include "leptir/spi/broker_session.h"

namespace leptir::sqs {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMaxParallelReceives = 8;
constexpr std::size_t kMaxMessagesAhead = 512;

}  // namespace

Result<std::vector<ArrivedMessage>> SqsReceiver::receive(std::size_t limit, Duration longest, Wake& wake,
                                                         seconds visibility) {
  lastReceiveCall_ = clock_.bootTime();
  client_.wait(Duration::zero());
  collectAnswers();
  if (limit == 0) return std::vector<ArrivedMessage>();
  if (usesParallelReceives() || (arrived_.empty() && longest == Duration::zero())) runShortReceives(limit, visibility);
  if (arrived_.empty() && longest > Duration::zero()) waitForOne(limit, longest, wake, visibility);
  if (usesParallelReceives()) runShortReceives(limit, visibility);
  const auto failed = std::exchange(failed_, std::nullopt);
  if (failed && arrived_.empty()) return *failed;
  auto taken = takeFirst(limit);
  taken_.add(taken.size(), clock_.bootTime());
  startReceivesAhead(0, visibility);
  return taken;
}

void SqsReceiver::start(std::size_t most, seconds wait, seconds visibility) {
  const auto sent = clock_.bootTime();
  const auto number = client_.start({.operation = "ReceiveMessage",
                                     .body = sqs::receiveBody(client_.queue(), most, wait, visibility),
                                     .repeat = aws::Repeat::Always,
                                     .limit = kRequestTimeLimit + wait});
  receivesInFlight_.push_back({.number = number, .sent = sent, .asked = most, .isLongPoll = wait > seconds(0)});
}

// Short receives for `wanted` messages, and for up to `ahead` more where that fills a receive.
void SqsReceiver::startShortReceives(std::size_t wanted, std::size_t ahead, seconds visibility) {
  while (wanted > 0 && shortReceivesInFlight() < parallelReceives_) {
    const auto most = std::min(kMaxEntries, wanted + ahead);
    start(most, seconds(0), visibility);
    ahead -= most - std::min(most, wanted);
    wanted -= std::min(most, wanted);
  }
}

void SqsReceiver::startLongPoll(std::size_t limit, seconds visibility) {
  start(std::min(kMaxEntries, limit + wantedAhead()), std::clamp(visibility / 3, seconds(1), kMaxLongPoll), visibility);
}

// How many messages beyond those asked for may wait here.
std::size_t SqsReceiver::wantedAhead() {
  return receivesAhead_ ? std::min(kMaxMessagesAhead, taken_.at(clock_.bootTime())) : 0;
}

void SqsReceiver::startReceivesAhead(std::size_t limit, seconds visibility) {
  if (!usesParallelReceives() || failed_ || arrivedBytes_ > kMaxLeaseBytes) return;
  const auto coming = arrived_.size() + askedInFlight();
  const auto target = limit + wantedAhead();
  if (target >= coming + kMaxEntries) startShortReceives((target - coming) / kMaxEntries * kMaxEntries, 0, visibility);
}

// The queue goes on being read, so that its next messages are here as soon as there is room for them.
void SqsReceiver::waitForWake(Duration longest, Wake& wake, seconds visibility) {
  const auto end = clock_.bootTime() + std::min(longest, Duration(std::chrono::hours(24)));
  while (!wake.clear()) {
    const auto now = clock_.bootTime();
    if (now >= end) return;
    startReceivesAhead(0, visibility);
    client_.wait(end - now, &wake);
    collectAnswers();
  }
}

void SqsReceiver::collectAnswers() {
  std::erase_if(receivesInFlight_, [this](const ReceiveInFlight& flying) {
    const auto answer = client_.takeText(flying.number);
    if (!answer) return false;
    if (*answer) {
      addAnswer(flying, **answer);
    } else {
      failed_ = answer->error();
    }
    return true;
  });
}

void SqsReceiver::addAnswer(const ReceiveInFlight& flying, const std::string& answer) {
  auto messages = readReceivedMessages(answer);
  if (!messages) {
    failed_ = messages.error().in(client_.settings().where());
    return;
  }
  const auto count = messages->size();
  const auto now = clock_.bootTime();
  for (auto& message : *messages) {
    arrivedBytes_ += message.body.size();
    arrived_.push_back({std::move(message), flying.sent, now});
  }
  if (!flying.isLongPoll) return adaptParallelReceives(flying.asked, count);
  if (count == kMaxEntries && !usesParallelReceives()) parallelReceives_ = 2;
  if (count == 0) nextPoll_ = flying.sent + pollInterval_;
}

bool SqsReceiver::isLongPollInFlight() const {
  return std::ranges::any_of(receivesInFlight_, &ReceiveInFlight::isLongPoll);
}

std::size_t SqsReceiver::shortReceivesInFlight() const {
  return receivesInFlight_.size() -
         static_cast<std::size_t>(std::ranges::count_if(receivesInFlight_, &ReceiveInFlight::isLongPoll));
}

std::size_t SqsReceiver::askedInFlight() const {
  std::size_t asked = 0;
  for (const auto& flying : receivesInFlight_) asked += flying.isLongPoll ? 0 : flying.asked;
  return asked;
}

// Receives that do not wait, for `limit` messages together with those that are there: one at least, further ones as
// long as the answers are not nearly empty.
void SqsReceiver::runShortReceives(std::size_t limit, seconds visibility) {
  const auto before = arrived_.size();
  if (before >= limit || arrivedBytes_ > kMaxLeaseBytes) return;
  bool hasAsked = false;  // what is in flight already may have missed a push
  do {
    const auto coming = arrived_.size() + askedInFlight();
    if (coming < limit) startShortReceives(limit - coming, wantedAhead(), visibility);
    hasAsked = hasAsked || coming < limit;
    client_.wait(kRequestTimeLimit);
    collectAnswers();
  } while (!failed_ && arrived_.size() < limit && arrivedBytes_ <= kMaxLeaseBytes &&
           (usesParallelReceives() || shortReceivesInFlight() > 0 || !hasAsked));
  if (arrived_.size() == before && isLongPollInFlight()) {
    client_.wait(kLongPollGrace);
    collectAnswers();
  }
}

// Doubles while the answers are at least half full, and falls back to one long poll when nothing comes.
void SqsReceiver::adaptParallelReceives(std::size_t asked, std::size_t got) {
  if (got == 0) {
    parallelReceives_ = 1;
  } else if (got * 2 >= asked) {
    parallelReceives_ = std::min(kMaxParallelReceives, parallelReceives_ * 2);
  } else {
    parallelReceives_ = std::max<std::size_t>(1, parallelReceives_ / 2);
  }
}

void SqsReceiver::waitForOne(std::size_t limit, Duration longest, Wake& wake, seconds visibility) {
  const auto end = clock_.bootTime() + std::min(longest, Duration(std::chrono::hours(24)));
  while (arrived_.empty() && !failed_) {
    const auto now = clock_.bootTime();
    if (now >= end) return;
    if (!isLongPollInFlight() && now >= nextPoll_) startLongPoll(limit, visibility);
    client_.wait((isLongPollInFlight() ? end : std::min(end, nextPoll_)) - now, &wake);
    collectAnswers();
    if (wake.clear()) return;
  }
}

std::vector<ArrivedMessage> SqsReceiver::takeFirst(std::size_t limit) {
  std::vector<ArrivedMessage> taken;
  while (taken.size() < limit && !arrived_.empty()) {
    arrivedBytes_ -= arrived_.front().message.body.size();
    taken.push_back(std::move(arrived_.front()));
    arrived_.pop_front();
  }
  return taken;
}

std::vector<ArrivedMessage> SqsReceiver::takeArrived(Duration grace) {
  client_.wait(isLongPollInFlight() ? grace : Duration::zero());
  collectAnswers();
  return takeFirst(arrived_.size());
}

std::vector<ArrivedMessage> SqsReceiver::takeOld(Duration age) {
  const auto then = clock_.bootTime() - age;
  const auto young = std::ranges::find_if(arrived_, [&](const ArrivedMessage& each) { return each.arrived >= then; });
  return takeFirst(static_cast<std::size_t>(young - arrived_.begin()));
}

void SqsReceiver::finish(Duration longest) {
  const auto end = clock_.bootTime() + longest;
  while (!receivesInFlight_.empty() && clock_.bootTime() < end) {
    client_.wait(end - clock_.bootTime());
    collectAnswers();
  }
  for (const auto& flying : receivesInFlight_) client_.abandon(flying.number);
  receivesInFlight_.clear();
}

}  // namespace leptir::sqs
