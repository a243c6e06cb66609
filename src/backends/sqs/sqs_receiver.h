// SqsReceiver: the receives of a session. A receive without an answer stays in flight, since the service may deliver
// messages to it: the next call gets them.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "backends/sqs/recent_count.h"
#include "backends/sqs/sqs_client.h"
#include "backends/sqs/sqs_message.h"
#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/spi/wake.h"

namespace leptir::sqs {

// How long the service may hold a receive of an empty queue: five requests a minute, and a stop waits for the last one.
inline constexpr std::chrono::seconds kMaxLongPoll{12};

// Messages are received ahead for so long, at the rate at which they were taken lately: so a receive has the size that
// it is paid for, and no message waits longer here than another instance would need to get it.
inline constexpr Duration kReceiveAheadTime = std::chrono::milliseconds(100);

// After receives that found nothing while a long poll is in flight: the service may just have given a message to the
// poll.
inline constexpr Duration kLongPollGrace = std::chrono::milliseconds(20);

struct ArrivedMessage {
  ReceivedMessage message{};
  BootTime sent{};     // when its receive was sent
  BootTime arrived{};  // when its answer was read
};

class SqsReceiver {
 public:
  // `client` must outlive it.
  SqsReceiver(SqsClient& client, const Clock& clock) : client_(client), clock_(clock) {}

  // At most `limit` messages. While none is there it waits until one comes, `longest` has passed or `wake` was rung,
  // which it clears. A queue that has many messages is asked by several receives at a time, as many as `limit` needs.
  // After reduceRequests(), as long as messages are taken quickly, receives ask for ten, and further ones begin before
  // they are asked for; what they bring waits for the next call. `visibility`: for the messages of receives that begin
  // now.
  Result<std::vector<ArrivedMessage>> receive(std::size_t limit, Duration longest, Wake& wake,
                                              std::chrono::seconds visibility);
  // Begins receives that a call of receive() with this limit would begin, where the queue has many messages: they are
  // in flight while the caller does something else.
  void startReceivesAhead(std::size_t limit, std::chrono::seconds visibility);
  // Waits until `wake` is rung, which it clears, or `longest` has passed; receives ahead meanwhile.
  void waitForWake(Duration longest, Wake& wake, std::chrono::seconds visibility);

  // From now on at least `pollInterval` lies between two long polls of an empty queue, and messages are received ahead.
  void reduceRequests(Duration pollInterval) { pollInterval_ = pollInterval, receivesAhead_ = true; }

  // What receives have brought beyond the limits of earlier calls, and since them. A poll in flight is waited for so
  // long, since the service may just have given it a message.
  std::vector<ArrivedMessage> takeArrived(Duration grace = kLongPollGrace);
  // Of these the messages that have been here for longer than `age`.
  std::vector<ArrivedMessage> takeOld(Duration age);
  // Waits for the receives that are in flight, then gives up those that are left.
  void finish(Duration longest);

  // When receive() was called last.
  BootTime lastReceiveCall() const { return lastReceiveCall_; }

 private:
  struct ReceiveInFlight {
    SqsClient::Number number = 0;
    BootTime sent{};
    std::size_t asked = 0;
    bool isLongPoll = false;
  };

  void start(std::size_t most, std::chrono::seconds wait, std::chrono::seconds visibility);
  void startShortReceives(std::size_t wanted, std::size_t ahead, std::chrono::seconds visibility);
  void startLongPoll(std::size_t limit, std::chrono::seconds visibility);
  void collectAnswers();
  void addAnswer(const ReceiveInFlight& flying, const std::string& answer);
  bool usesParallelReceives() const { return parallelReceives_ > 1; }
  bool isLongPollInFlight() const;
  std::size_t shortReceivesInFlight() const;
  std::size_t askedInFlight() const;
  std::size_t wantedAhead();
  void runShortReceives(std::size_t limit, std::chrono::seconds visibility);
  void waitForOne(std::size_t limit, Duration longest, Wake& wake, std::chrono::seconds visibility);
  void adaptParallelReceives(std::size_t asked, std::size_t got);
  std::vector<ArrivedMessage> takeFirst(std::size_t limit);

  SqsClient& client_;
  const Clock& clock_;
  std::vector<ReceiveInFlight> receivesInFlight_;
  std::deque<ArrivedMessage> arrived_;
  std::size_t arrivedBytes_ = 0;
  std::optional<Error> failed_;
  std::size_t parallelReceives_ = 1;  // doubled by answers at least half full, else halved; 1 after an empty one
  RecentCount taken_{kReceiveAheadTime};
  bool receivesAhead_ = false;
  Duration pollInterval_{};
  BootTime nextPoll_{};  // no long poll begins before this time: the last receive found the queue empty
  BootTime lastReceiveCall_{};
};

}  // namespace leptir::sqs
