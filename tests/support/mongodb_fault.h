// For tests: what a MongodbProxy does to commands.
#pragma once

#include <chrono>
#include <limits>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leptir {

// Which commands: those with this name, and with this collection if one is named.
struct MongodbCommands {
  static constexpr int kAlways = std::numeric_limits<int>::max();

  std::string name;             // empty: all but those that a driver sends by itself (hello, ping, saslStart, …)
  std::string collection = "";  // empty: any
  int skip = 0;                 // so many of them pass first
  int times = 1;                // then so many have the fault
};

struct MongodbFault {
  enum class When { Before, After };  // the server gets the command
  enum class What { Close, Silence, Delay, Reply, AddToReply, CutReply };

  // The connection is closed: before the server gets the command, or when it has applied it and before the reply.
  static MongodbFault close(When when) { return {when, What::Close}; }
  // No reply comes any more on this connection.
  static MongodbFault silence(When when) { return {when, What::Silence}; }
  static MongodbFault delay(When when, std::chrono::milliseconds time) { return {when, What::Delay, "", time}; }
  // The reply is this extended JSON; Before: and the server does not get the command.
  static MongodbFault reply(When when, std::string json) { return {when, What::Reply, std::move(json)}; }
  // An error of the whole command, with error labels.
  static MongodbFault error(When when, int code, const std::string& codeName,
                            const std::vector<std::string>& labels = {});
  // The server has applied the command, and could not do what the write concern wants.
  static MongodbFault writeConcernError(int code, const std::string& codeName,
                                        const std::vector<std::string>& labels = {});
  // The server did not apply the statement with this index, and none after it.
  static MongodbFault writeError(int index, int code, const std::string& message);
  // The reply ends after so many bytes, and the connection is closed.
  static MongodbFault cutReply(std::size_t bytes) { return {When::After, What::CutReply, "", {}, bytes}; }

  When when;
  What what;
  std::string json = "";
  std::chrono::milliseconds time{};
  std::size_t bytes = 0;
};

// The faults that a test has injected. Its functions may be called from any thread.
class MongodbFaults {
 public:
  void inject(const MongodbCommands& commands, const MongodbFault& fault);
  void clear();
  // The fault of this command, if there is one.
  std::optional<MongodbFault> take(const std::string& command, const std::string& collection);
  int taken() const;

 private:
  mutable std::mutex mutex_;
  std::list<std::pair<MongodbCommands, MongodbFault>> injected_;
  int taken_ = 0;
};

}  // namespace leptir
