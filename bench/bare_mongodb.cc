// The baseline for MongoDB: one thread that sends a server the commands that an instance sends for no-op tasks, through
// libmongoc, without processes, slots or decisions. The throughput of an instance is compared with this number, in the
// same run on the same machine. Arguments: number of tasks, connection string of the server. Prints tasks a second,
// then pushes a second of one client that pushes one task at a time and has made all documents beforehand, then tasks a
// second of the same loop that leases one task at a time.
#include <fmt/format.h>
#include <mongoc/mongoc.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "backends/mongodb/bson.h"
#include "backends/mongodb/task_document.h"
#include "base/task_id.h"

namespace leptir::mongodb {
namespace {

constexpr int kBatch = 512;
constexpr int kSinglePushes = 2000;
constexpr int kSingleTasks = 500;
constexpr std::size_t kLargestDocument = 16 << 20;
constexpr const char* kDatabase = "bare";
constexpr std::string_view kSession = "0123456789abcdef0123456789abcdef:1";
const Time kNow = systemClock().now() + std::chrono::hours(1);

using Documents = std::vector<Document>;

class Client {
 public:
  explicit Client(const std::string& uri) : client_(mongoc_client_new(uri.c_str()), &mongoc_client_destroy) {
    if (client_ == nullptr) throw std::runtime_error("not a connection string: " + uri);
  }

  Document run(const Document& command) {
    bson_t reply;
    bson_error_t error;
    const bool isOk = mongoc_client_command_simple(client_.get(), kDatabase, command.get(), nullptr, &reply, &error);
    const Document answer(reply);
    bson_destroy(&reply);
    if (!isOk || DocumentView(answer).find("writeErrors"))
      throw std::runtime_error(isOk ? "a write was refused" : error.message);
    return answer;
  }

  // All documents of a find whose first batch has all of them.
  Documents find(Document command) {
    command.add("batchSize", kBatch + 1).add("singleBatch", true);
    const auto reply = run(command);
    Documents found;
    for (const auto& each : DocumentView(reply).documents("cursor.firstBatch")) found.emplace_back(each);
    return found;
  }

 private:
  std::unique_ptr<mongoc_client_t, decltype(&mongoc_client_destroy)> client_;
};

Document acknowledged(Document command) {
  return std::move(command.add("writeConcern", Document().add("w", "majority").add("j", true)));
}

Document insertInto(const char* collection, const Documents& documents) {
  return acknowledged(Document()
                          .add("insert", collection)
                          .add("ordered", false)
                          .add("documents", std::span<const Document>(documents)));
}

void makeIndexes(Client& client) {
  const auto index = [](const char* name, const Document& key) { return Document().add("name", name).add("key", key); };
  const Documents ofTasks{index("leptir_due", Document().add(field::kState, 1).add(field::kDue, 1).add("_id", 1)),
                          index("leptir_id", Document().add(field::kId, 1)).add("unique", true).add("sparse", true),
                          index("leptir_session", Document().add(field::kSession, 1)).add("sparse", true),
                          index("leptir_buried", Document().add(field::kBuriedAt, 1)).add("sparse", true)};
  const Documents ofRecords{index("leptir_started", Document().add("exStart", -1).add("leptir.saved", -1)),
                            index("leptir_expires", Document().add("leptir.expires", 1)).add("expireAfterSeconds", 0)};
  client.run(Document().add("createIndexes", "tasks").add("indexes", std::span<const Document>(ofTasks)));
  client.run(Document().add("createIndexes", "info").add("indexes", std::span<const Document>(ofRecords)));
}

EncodedTask task() {
  BrokerTask task;
  task.id = base::makeTaskId(systemClock());
  task.name = "noop";
  task.parameters = R"({"text":")" + std::string(180, 'x') + "\"}";
  task.pushedAt = systemClock().now();
  auto encoded = EncodedTask::encode(task);
  if (!encoded) throw std::runtime_error(encoded.error().message());
  return std::move(*encoded);
}

Document taskDocumentOf(int number) {
  auto document = taskDocument(task(), systemClock().now() + std::chrono::microseconds(number), kLargestDocument);
  if (!document) throw std::runtime_error(document.error().message());
  return std::move(*document);
}

void push(Client& client, int tasks) {
  Documents batch;
  for (int i = 0; i < tasks; ++i) {
    batch.push_back(taskDocumentOf(i));
    if (batch.size() < 1000 && i + 1 < tasks) continue;
    client.run(insertInto("tasks", batch));
    batch.clear();
  }
}

class Loop {
 public:
  explicit Loop(Client& client) : client_(client) {
    client_.run(insertInto("tasks.sessions", {Document().add("_id", kSession).add("state", "open")}));
  }

  // Leases at most `batch` tasks at a time, until none is left or `most` are done.
  int run(int batch, int most) {
    int done = 0;
    while (done < most) {
      const auto tasks = batch == 1 ? leaseOne() : lease(batch);
      if (tasks.empty()) break;
      done += static_cast<int>(tasks.size());
      record(tasks);
      acknowledge(tasks);
    }
    return done;
  }

 private:
  Documents leaseOne() {
    const auto waiting = Document().add(field::kState, state::kWaiting).add(field::kDue, Document().add("$lte", kNow));
    const auto token = std::to_string(++lease_);
    const auto reply = client_.run(acknowledged(Document()
                                                    .add("findAndModify", "tasks")
                                                    .add("query", waiting)
                                                    .add("sort", dueOrder())
                                                    .add("update", marking(token))
                                                    .add("new", true)));
    const auto task = DocumentView(reply).document("value");
    return task ? Documents{Document(*task)} : Documents();
  }

  Documents lease(int batch) {
    client_.find(Document().add("find", "tasks.sessions").add("filter", Document().add("_id", kSession)));
    const auto waiting = Document().add(field::kState, state::kWaiting).add(field::kDue, Document().add("$lte", kNow));
    const auto due = client_.find(Document()
                                      .add("find", "tasks")
                                      .add("filter", waiting)
                                      .add("sort", dueOrder())
                                      .add("projection", Document().add("_id", 1))
                                      .add("limit", batch));
    if (due.empty()) return {};
    const auto ids = idsOf(due);
    const auto token = std::to_string(++lease_);
    mark(waiting, ids, token);
    return client_.find(
        Document().add("find", "tasks").add("filter", Document().add("_id", ids).add(field::kToken, token)));
  }

  static Document dueOrder() { return Document().add(field::kDue, 1).add("_id", 1); }

  Document marking(const std::string& token) const {
    return Document().add("$set", Document()
                                      .add(field::kState, state::kLeased)
                                      .add(field::kSession, kSession)
                                      .add(field::kToken, token)
                                      .add(field::kLease, lease_));
  }

  void mark(Document waiting, const Document& ids, const std::string& token) {
    const Documents statements{
        Document().add("q", waiting.add("_id", ids)).add("u", marking(token)).add("multi", true)};
    client_.run(acknowledged(Document().add("update", "tasks").add("updates", std::span<const Document>(statements))));
  }

  void record(const Documents& tasks) {
    Documents records;
    for (const auto& each : tasks) {
      const auto leptir = Document().add("lease", lease_).add("step", 2).add("saved", ++saved_).add("expires", kNow);
      records.push_back(Document()
                            .add("status", 3)
                            .add("retC", 1)
                            .add("exTime", 0.000002)
                            .add("respM", "")
                            .add("type", "noop")
                            .add("exStart", kNow)
                            .add("lease", lease_)
                            .add("attempt", 1)
                            .add("cause", "finished")
                            .add("host", "host")
                            .add("pid", 4242)
                            .add("pushed", 1795452039.5)
                            .add("exEnd", 1795452040.25)
                            .add("cpuTime", 0.000001)
                            .add("_id", DocumentView(each).text("td.id").value_or(""))
                            .add("leptir", leptir));
    }
    client_.run(insertInto("info", records));
  }

  void acknowledge(const Documents& tasks) {
    const auto held = Document()
                          .add("_id", idsOf(tasks))
                          .add(field::kState, state::kLeased)
                          .add(field::kSession, kSession)
                          .add(field::kLease, lease_);
    const Documents statements{Document().add("q", held).add("limit", 0)};
    client_.run(acknowledged(Document().add("delete", "tasks").add("deletes", std::span<const Document>(statements))));
  }

  // {$in: [the `_id`s]}
  static Document idsOf(const Documents& documents) {
    std::vector<std::string> ids;
    for (const auto& each : documents) ids.emplace_back(DocumentView(each).text("_id").value_or(""));
    return Document().add("$in", std::span<const std::string>(ids));
  }

  Client& client_;
  std::int64_t lease_ = 1'795'452'039'000'000, saved_ = lease_;
};

double secondsSince(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

double tasksPerSecond(Client& client, int tasks, int batch) {
  push(client, tasks);
  Loop loop(client);
  const auto began = std::chrono::steady_clock::now();
  if (loop.run(batch, tasks) != tasks) throw std::runtime_error("the loop lost tasks");
  return tasks / secondsSince(began);
}

// Pushes a second of one client that sends one task a command and waits for each reply.
double pushesPerSecond(Client& client) {
  Documents commands;
  for (int i = 0; i < kSinglePushes; ++i) commands.push_back(insertInto("tasks", {taskDocumentOf(i)}));
  const auto began = std::chrono::steady_clock::now();
  for (const auto& command : commands) client.run(command);
  return kSinglePushes / secondsSince(began);
}

}  // namespace

void empty(Client& client) {
  client.run(Document().add("dropDatabase", 1));
  makeIndexes(client);
}

void measure(int tasks, const std::string& uri) {
  Client client(uri);
  empty(client);
  fmt::print("{:.0f}\n", tasksPerSecond(client, tasks, kBatch));
  fmt::print("{:.0f}\n", pushesPerSecond(client));
  empty(client);
  fmt::print("{:.0f}\n", tasksPerSecond(client, kSingleTasks, 1));
}

}  // namespace leptir::mongodb

int main(int argc, char** argv) try {
  if (argc != 3) throw std::runtime_error("usage: bare_mongodb TASKS URI");
  mongoc_init();
  leptir::mongodb::measure(std::atoi(argv[1]), argv[2]);
  mongoc_cleanup();
} catch (const std::exception& error) {
  fmt::print(stderr, "bare_mongodb: {}\n", error.what());
  return 1;
}
