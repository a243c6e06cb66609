// leptir and PHP on one redis-server: tasks that PHP producers pushed (tests/wire) run here; tasks that PHP consumers
// take do not.
#include <sys/socket.h>
#include <sys/un.h>

#include <fstream>
#include <set>

#include "base/unique_fd.h"
#include "tests/e2e/ledger.h"
#include "tests/support/folders.h"
#include "tests/support/redis_server.h"

namespace leptir::e2e {
namespace {

using namespace std::chrono_literals;

class BesidePhp : public Ledger {
 protected:
  void configure(const std::string& tasks, const std::string& ofRecords = "") {
    const auto connection = "scheme: unix, path: " + server.socket();
    writeConfig("leptir:\n  brokers:\n    - { type: redis, connection: { " + connection +
                " } }\n  meta_storage:\n    - { type: redis, connection: { " + connection + ofRecords +
                " } }\n  daemon: { configuration: { number_of_workers: 2 } }\n" + tasks);
  }

  Json record(const std::string& id) {
    const auto value = server.ask({"GET", "leptir:taskinfo:" + id});
    return value.is_string() ? Json::parse(value.get<std::string>()) : Json();
  }

  RedisServer server{{"appendonly yes", "appendfsync always"}};
};

// A member of the queue as PHP leptir wrote it (tests/wire/redis_tasks.json).
struct PhpTask {
  std::string note, member, score;
  bool isDue = false;  // its time has come
  Json envelope;       // null: the member is not a valid envelope
};

std::vector<PhpTask> tasksThatPhpPushed() {
  std::ifstream file(sourceFolder() / "tests/wire/redis_tasks.json");
  std::vector<PhpTask> all;
  for (const auto& each : Json::parse(file)) {
    PhpTask phpTask{each.at("note"), each.at("member_text"), each.at("score")};
    if (each.at("key") != "leptir:ztasks") continue;
    phpTask.isDue = std::stod(phpTask.score) < static_cast<double>(std::time(nullptr));
    // PHP writes one more level of nesting than its own consumers can read.
    const bool isTooDeep = phpTask.note.find("512 nested") != std::string::npos;
    if (!phpTask.member.empty() && !isTooDeep) phpTask.envelope = Json::parse(phpTask.member);
    all.push_back(std::move(phpTask));
  }
  return all;
}

// A configuration that defines each class as a program that prints its input.
std::string echoAll(const std::vector<PhpTask>& tasks) {
  std::set<std::string> names;
  for (const auto& task : tasks) {
    if (!task.envelope.is_null()) names.insert(task.envelope.at("cn").dump());
  }
  std::string yaml = "  tasks:\n";
  for (const auto& name : names) yaml += "    " + name + ": { command: [/bin/cat] }\n";
  return yaml;
}

void expectPhpLeptirsRecord(const PhpTask& task, const Json& record) {
  ASSERT_TRUE(record.is_object()) << task.note;
  EXPECT_EQ(record.at("status"), 3) << task.note;
  const auto& parameters = task.envelope.at("td").at("parameters");
  const bool hasNamedOnes = parameters.is_object() || parameters.empty();  // a program accepts only named parameters
  EXPECT_EQ(record.at("retC"), hasNamedOnes ? 1 : 3) << task.note << record;
  EXPECT_EQ(record.at("type"), task.envelope.at("cn")) << task.note;
  EXPECT_TRUE(record.at("exTime").is_number()) << task.note;
  EXPECT_EQ(record.at("exStart").at("timezone_type"), 3) << task.note;
  const auto response = record.at("respM").get<std::string>();
  const auto heard = parseJson(response);
  if (!heard || !parameters.is_object()) return;  // a response is cut after 64 KiB
  EXPECT_EQ(heard->at("parameters"), parameters) << task.note;
  // PHP writes the parameters last. The program must read the same bytes.
  const auto begin = task.member.find(R"("parameters":)");
  const auto asWritten = task.member.substr(begin, task.member.size() - 2 - begin);
  EXPECT_NE(response.find(asWritten + ","), std::string::npos) << task.note;
}

TEST_F(BesidePhp, RunsDueTasksThatPhpPushedAndWritesPhpLeptirsRecords) {
  const auto tasks = tasksThatPhpPushed();
  configure(echoAll(tasks));
  std::set<std::string> bad, waiting, due;
  for (const auto& task : tasks) {
    server.ask({"ZADD", "leptir:ztasks", task.score, task.member});
    auto& kind = task.envelope.is_null() ? bad : task.isDue ? due : waiting;
    kind.insert(task.member);
  }
  ASSERT_GT(due.size(), 30u);
  ASSERT_GT(waiting.size(), 0u);
  ASSERT_EQ(bad.size(), 2u) << "the empty member, and the one that is nested too deep";

  const auto instance = start();
  ASSERT_TRUE(eventually([&] {
    const auto broker = status().at("brokers").at(0);
    return broker.at("due") == 0 && broker.at("leased") == 0;
  })) << instance->output();
  for (const auto& task : tasks) {
    if (due.contains(task.member)) expectPhpLeptirsRecord(task, record(task.envelope.at("td").at("id")));
  }
  const auto broker = status().at("brokers").at(0);
  EXPECT_EQ(broker.at("scheduled"), waiting.size());
  EXPECT_EQ(broker.at("buried"), bad.size());
  for (const auto& member : waiting) EXPECT_NE(server.ask({"ZSCORE", "leptir:ztasks", member}), nullptr);
}

// Takes the first task as a PHP daemon does: reads the first member and removes it.
std::string takeAsPhp(RedisServer& server) {
  const auto taken = server.ask({"EVAL",
                                 "local first = redis.call('ZRANGE', KEYS[1], 0, 1)[1] "
                                 "redis.call('ZREMRANGEBYRANK', KEYS[1], 0, 0) return first",
                                 "1", "leptir:ztasks"});
  return taken.is_string() ? Json::parse(taken.get<std::string>()).at("td").at("id").get<std::string>() : "";
}

TEST_F(BesidePhp, SharesAQueueWithPhpConsumersAndEachTaskRunsOnce) {
  configure(noteTask());
  const auto ids = pushNotes(200);
  const auto instance = start();
  std::multiset<std::string> theirs;
  ASSERT_TRUE(eventually([&] {
    if (const auto id = takeAsPhp(server); !id.empty()) theirs.insert(id);
    const auto broker = status().at("brokers").at(0);
    return broker.at("due") == 0 && broker.at("leased") == 0;
  })) << instance->output();

  const auto ours = runs();
  EXPECT_GT(theirs.size(), 0u);
  EXPECT_GT(ours.size(), 0u);
  for (const auto& id : ids) {
    const auto count = theirs.count(id) + static_cast<std::size_t>(ours.contains(id) ? ours.at(id) : 0);
    EXPECT_EQ(count, 1u) << id;
  }
}

// The queue holds a task of a class that only PHP knows; behind it stands a task that leptir knows.
TEST_F(BesidePhp, LeavesTasksOfUnknownClassesInPlaceAndRunsTheTasksBehindThem) {
  const std::string member = R"({"cn":"App\\Mail","pr":0,"tl":0,"toex":"","td":{"id":"theirs","parameters":[]}})";
  server.ask({"ZADD", "leptir:ztasks", "1700000000", member});
  configure("");
  const auto instance = start();
  ASSERT_TRUE(
      eventually([&] { return instance->output().find("No task of this name is known here") != std::string::npos; }));
  const auto ours = push({"noop"});
  EXPECT_TRUE(eventually([&] {
    const auto found = record(ours);
    return found.is_object() && found.value("retC", 0) == 1;
  })) << instance->output();
  const auto first = server.ask({"ZRANGE", "leptir:ztasks", "0", "0", "WITHSCORES"});
  EXPECT_EQ(first.at(1), "1700000000");
  EXPECT_EQ(takeAsPhp(server), "theirs");
}

TEST_F(BesidePhp, PushRefusesNamesThatWouldEndAPhpDaemon) {
  configure("");
  const auto refused = leptir({"push", "error"});
  EXPECT_NE(refused.exit, 0);
  EXPECT_NE(refused.err.find("'error' is a class of PHP's own"), std::string::npos) << refused.err;
  EXPECT_EQ(server.ask({"ZCARD", "leptir:ztasks"}), 0);
}

// Sends the second of the two commands with which a PHP daemon takes a task; returns the connection, which stays open.
base::UniqueFd popOfAPhpDaemon(const std::string& path) {
  base::UniqueFd connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  EXPECT_EQ(::connect(connection.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const std::string_view command = "ZREMRANGEBYRANK leptir:ztasks 0 0\r\n";
  EXPECT_EQ(::send(connection.get(), command.data(), command.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(command.size()));
  char reply = 0;
  EXPECT_EQ(::recv(connection.get(), &reply, 1, 0), 1);
  return connection;
}

TEST_F(BesidePhp, CheckWarnsAboutPhpConsumers) {
  configure("");
  EXPECT_EQ(leptir({"check"}).out.find("PHP"), std::string::npos);
  const auto daemon = popOfAPhpDaemon(server.socket());
  const auto check = leptir({"check"});
  EXPECT_NE((check.out + check.err).find("a PHP consumer seems to take tasks here too"), std::string::npos)
      << check.out;
}

TEST_F(BesidePhp, AnEmptyRecordOfPhpIsAnErrorOfThatRecordOnly) {
  configure("");
  server.ask({"SET", "leptir:taskinfo:lost", ""});
  const auto info = leptir({"info", "lost"});
  EXPECT_EQ(info.exit, 1);
  EXPECT_NE(info.err.find("an empty record: PHP could not encode it"), std::string::npos) << info.err;
}

TEST_F(BesidePhp, InfoAndTasksShowRecordsInTheHashedLayout) {
  configure("", ", layout: hashed");
  const auto good = push({"noop"}), threw = push({"throw"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(info(good).at("retC"), 1);
  EXPECT_EQ(info(threw).at("cause"), "threw");
  EXPECT_EQ(leptir({"tasks", "--json"}).json().at("id"), threw);
  EXPECT_EQ(server.ask({"KEYS", "leptir:taskinfo:*"}), Json::array());
}

TEST_F(BesidePhp, LosesNoTaskWhenTheServerIsKilledUnderLoadAndRestarted) {
  configure(noteTask());
  const auto ids = pushNotes(300);
  const auto instance = start();
  for (const std::size_t enough : {40, 120, 200}) {
    ASSERT_TRUE(eventually([&] { return runs().size() >= enough; })) << instance->output();
    server.kill();
    server.start();
  }
  EXPECT_TRUE(eventually([&] {
    const auto broker = status().at("brokers").at(0);
    return broker.at("due") == 0 && broker.at("leased") == 0;
  })) << instance->output();
  expectEachRanOnce(ids);
  for (const auto& id : ids) EXPECT_EQ(record(id).value("retC", 0), 1) << id;
}

}  // namespace
}  // namespace leptir::e2e
