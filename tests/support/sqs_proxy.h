// For tests: an HTTP proxy before the emulator of Amazon SQS that fails as the service or a network does, where the
// test says so, and that is strict where the emulator is lax.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "tests/support/sqs_server.h"

namespace leptir {

// What becomes of a request.
struct SqsFault {
  enum class How {
    Refuse,       // answer with `status`, `code` and `message`; the emulator does not see the request
    LoseRequest,  // close the connection before the emulator sees it
    LoseReply,    // the emulator performs it; the connection is closed instead of an answer
    CutReply,     // the same, in the middle of the answer's body
    Delay,        // answer after `delay`
    FailEntries,  // of a batch: the entries whose Ids are in `entries` fail with `code`; the others are performed
    Duplicate,    // of ReceiveMessage: the messages are delivered, and remain visible for the next receive
  };
  How how = How::Refuse;
  int status = 503;
  std::string code = "ServiceUnavailable";
  std::string message{};
  std::vector<std::string> headers{};  // "Date: …", "Retry-After: 1"
  std::vector<std::string> entries{};
  bool senderFault = true;  // of failed entries
  Duration delay{};
  int skip = 0;   // so many requests pass before
  int times = 1;  // and so many are affected
};

// Its functions may be called from any thread.
class SqsProxy {
 public:
  explicit SqsProxy(const SqsServer& server);
  ~SqsProxy();
  SqsProxy(const SqsProxy&) = delete;
  SqsProxy& operator=(const SqsProxy&) = delete;

  int port() const;
  std::string endpoint() const;
  // The address of a queue through this proxy.
  std::string queueAddress(const std::string& name) const;

  // `action`: SendMessageBatch, …; * for all.
  void inject(const std::string& action, const SqsFault& fault);
  void heal();
  int faults() const;  // that have taken effect

  // From now on, the proxy refuses a change of visibility beyond `limit` after the receive (12 h on AWS), and handles
  // that a later receive has replaced fail as on AWS: a deletion succeeds and deletes nothing.
  void limitVisibility(Duration limit);
  // The Date headers of answers, and the time that signatures are compared with, are ahead by this (5 min may differ).
  void shiftClock(Duration by);

  void freeze();
  void thaw();
  void cut();  // closes all connections

  int count(const std::string& action) const;
  int requests() const;                                         // all
  int connections() const;                                      // opened so far
  std::vector<Json> received(const std::string& action) const;  // the bodies
  void forget();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace leptir
