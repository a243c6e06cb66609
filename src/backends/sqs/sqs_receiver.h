// SqsReceiver: the receives of a session. A long poll that a wait leaves behind stays in flight, since the service may
// deliver messages to it: the next call gets them.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "backends/sqs/sqs_client.h"
#include "backends/sqs/sqs_message.h"
#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/spi/wake.h"

namespace leptir::sqs {

// How long the service may hold a receive of an empty queue: five requests a minute, and a stop waits for the last one.
inline constexpr std::chrono::seconds kLongestPoll{12};

struct ArrivedMessage {
  ReceivedMessage message{};
  BootTime sent{};  // when its receive was sent
};

class SqsReceiver {
 public:
  // `client` must outlive it.
  SqsReceiver(SqsClient& client, const Clock& clock) : client_(client), clock_(clock) {}

  // At most `limit` messages. While none is there it waits until one comes, `longest` has passed or `wake` was rung,
  // which it clears. A queue that has many messages is asked by several receives at a time, as many as `limit` needs.
  // `visibility`: for the messages of receives that begin now.
  Result<std::vector<ArrivedMessage>> receive(std::size_t limit, Duration longest, Wake& wake,
                                              std::chrono::seconds visibility);

  // What receives have brought beyond the limits of earlier calls, and since them.
  std::vector<ArrivedMessage> takeArrived();
  // Waits for the receives that are in flight, then gives up those that are left.
  void finish(Duration longest);

  // When receive() was called last.
  BootTime lastCall() const { return lastCall_; }

 private:
  struct Flying {
    SqsClient::Number number = 0;
    BootTime sent{};
    std::size_t asked = 0;
    bool isLongPoll = false;
  };

  void start(std::size_t most, std::chrono::seconds wait, std::chrono::seconds visibility);
  void collect();
  bool isPolling() const;
  std::size_t shortInFlight() const;
  void round(std::size_t limit, std::chrono::seconds visibility);
  void waitForOne(std::size_t limit, Duration longest, Wake& wake, std::chrono::seconds visibility);
  void adapt(std::size_t asked, std::size_t got);
  std::vector<ArrivedMessage> take(std::size_t limit);

  SqsClient& client_;
  const Clock& clock_;
  std::vector<Flying> flying_;
  std::deque<ArrivedMessage> arrived_;
  std::size_t arrivedBytes_ = 0;
  std::optional<Error> failed_;
  std::size_t atOnce_ = 1;  // how many receives the queue has been worth lately
  BootTime lastCall_{};
};

}  // namespace leptir::sqs
