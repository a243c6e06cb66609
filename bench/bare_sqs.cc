// The baseline for Amazon SQS: one thread that keeps so many requests in flight as an instance has connections, in
// batches of ten, without processes, slots, decisions and records. The throughput of an instance is compared with this
// number, in the same run on the same machine. Arguments: number of tasks, address of an empty queue. Prints tasks a
// second, then pushes a second of one client that pushes one task at a time and has made all messages beforehand.
// Leaves the queue empty.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "aws/credential_chain.h"
#include "aws/json_client.h"
#include "aws/queue_address.h"
#include "base/task_id.h"
#include "leptir/json.h"

namespace leptir::aws {
namespace {

constexpr int kSinglePushes = 2000;
constexpr int kBatch = 10;

// Requests to one queue, each with what follows its answer.
class Client {
 public:
  using Then = std::function<void(const Json& answer)>;

  explicit Client(const QueueAddress& queue)
      : queue_(queue.url),
        client_({.endpoint = queue.endpoint, .region = "us-east-1", .service = "sqs"},
                fixedCredentials({.accessKey = "AKIDBENCH", .secretKey = "secret"})) {}

  // `body` without QueueUrl.
  void start(const std::string& operation, Json body, Then then) {
    body["QueueUrl"] = queue_;
    inFlight_[client_.start({.target = "AmazonSQS." + operation, .body = body.dump()})] = std::move(then);
  }

  // Until nothing is in flight.
  void run() {
    while (!inFlight_.empty()) {
      client_.wait(std::chrono::seconds(1));
      for (auto each = inFlight_.begin(); each != inFlight_.end();) {
        const auto answer = client_.take(each->first);
        if (!answer) {
          ++each;
          continue;
        }
        const auto then = std::move(each->second);
        each = inFlight_.erase(each);
        then(jsonOf(*answer));
      }
    }
  }

 private:
  static Json jsonOf(const Result<JsonAnswer>& answer) {
    if (!answer) throw std::runtime_error(answer.error().message());
    if (!answer->errorCode.empty()) throw std::runtime_error(answer->errorCode + ": " + answer->errorMessage);
    auto json = Json::parse(answer->body);
    if (!json.value("Failed", Json::array()).empty()) throw std::runtime_error("an entry failed: " + answer->body);
    return json;
  }

  const std::string queue_;
  JsonClient client_;
  std::map<JsonClient::Number, Then> inFlight_;
};

const std::size_t kLanes = JsonClientOptions{}.connections;

// Of the length that the tasks of `leptir bench` have.
std::string envelope() {
  return R"({"cn":"noop","pr":0,"tl":0,"toex":"","td":{"id":")" + base::makeTaskId(systemClock()) +
         R"(","parameters":{"text":")" + std::string(180, 'x') + "\"}}}";
}

Json entries(int count, const std::function<Json(int)>& entry) {
  auto list = Json::array();
  for (int i = 0; i < count; ++i) {
    list.push_back(entry(i));
    list.back()["Id"] = std::to_string(i);
  }
  return {{"Entries", list}};
}

class Loop {
 public:
  Loop(Client& client, int tasks) : client_(client), toPush_(tasks), left_(tasks) {}

  void push() {
    for (std::size_t lane = 0; lane < kLanes; ++lane) pushNext();
    client_.run();
  }
  void work() {
    for (std::size_t lane = 0; lane < kLanes; ++lane) receiveNext();
    client_.run();
    if (left_ != 0) throw std::runtime_error("the loop lost tasks");
  }

 private:
  void pushNext() {
    if (toPush_ <= 0) return;
    const int count = std::min(kBatch, toPush_);
    toPush_ -= count;
    client_.start("SendMessageBatch", entries(count, [](int) { return Json{{"MessageBody", envelope()}}; }),
                  [this](const Json&) { pushNext(); });
  }

  void receiveNext() {
    if (left_ <= 0) return;
    const Json request{{"MaxNumberOfMessages", kBatch},
                       {"VisibilityTimeout", 60},
                       {"MessageSystemAttributeNames", {"ApproximateReceiveCount", "SentTimestamp"}},
                       {"MessageAttributeNames", {"All"}}};
    client_.start("ReceiveMessage", request, [this](const Json& answer) {
      const auto messages = answer.value("Messages", Json::array());
      if (messages.empty()) return receiveNext();
      left_ -= static_cast<int>(messages.size());
      deleteAll(messages);
    });
  }

  void deleteAll(const Json& messages) {
    const auto handle = [&](int i) {
      return Json{{"ReceiptHandle", messages[static_cast<std::size_t>(i)].at("ReceiptHandle")}};
    };
    client_.start("DeleteMessageBatch", entries(static_cast<int>(messages.size()), handle),
                  [this](const Json&) { receiveNext(); });
  }

  Client& client_;
  int toPush_, left_;
};

double secondsSince(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

double tasksPerSecond(Client& client, int tasks) {
  Loop loop(client, tasks);
  loop.push();
  const auto began = std::chrono::steady_clock::now();
  loop.work();
  return tasks / secondsSince(began);
}

// Pushes a second of one client that sends one task a request and waits for each answer.
double pushesPerSecond(Client& client) {
  std::vector<std::string> bodies(kSinglePushes);
  for (auto& body : bodies) body = envelope();
  const auto began = std::chrono::steady_clock::now();
  for (const auto& body : bodies) {
    client.start("SendMessage", {{"MessageBody", body}}, [](const Json&) {});
    client.run();
  }
  return kSinglePushes / secondsSince(began);
}

}  // namespace

void measure(int tasks, const std::string& address) {
  const auto queue = parseQueueAddress(address);
  if (!queue) throw std::runtime_error(queue.error().message());
  Client client(*queue);
  fmt::print("{:.0f}\n", tasksPerSecond(client, tasks));
  fmt::print("{:.0f}\n", pushesPerSecond(client));
  client.start("PurgeQueue", Json::object(), [](const Json&) {});
  client.run();
}

}  // namespace leptir::aws

int main(int argc, char** argv) try {
  if (argc != 3) throw std::runtime_error("usage: bare_sqs TASKS QUEUE");
  leptir::aws::measure(std::atoi(argv[1]), argv[2]);
} catch (const std::exception& error) {
  fmt::print(stderr, "bare_sqs: {}\n", error.what());
  return 1;
}
