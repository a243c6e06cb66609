// Compares envelopes with those that PHP leptir wrote and ran (tests/wire/).
#include "leptir/json.h"
#include "task/envelope.h"
#include "tests/support/folders.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace leptir::task {
namespace {

using namespace std::chrono_literals;

Json wireFile(const std::string& name) {
  std::ifstream file(sourceFolder() / "tests/wire" / name);
  return Json::parse(file);
}

// Converts an argument of a push as PHP does: text and floats become whole numbers.
std::int64_t wholeNumber(const Json& value) {
  if (value.is_string()) return std::stoll(value.get<std::string>());
  if (value.is_number()) return value.get<std::int64_t>();
  return 0;
}

bool isReadable(const Json& task) {
  const auto note = task["note"].get<std::string>();
  return !task["member_text"].get<std::string>().empty() && note.find("512 nested containers") == std::string::npos;
}

std::vector<Json> readableTasks() {
  std::vector<Json> tasks;
  for (const auto& task : wireFile("redis_tasks.json")) {
    if (isReadable(task)) tasks.push_back(task);
  }
  return tasks;
}

TEST(GoldenTasks, AreComplete) {
  EXPECT_EQ(readableTasks().size(), 38u);
}

TEST(GoldenTasks, DecodeToTheIdNameTimeLimitAndTimeThatWerePushed) {
  for (const auto& task : readableTasks()) {
    const auto& given = task["arguments"];
    const auto head = decodeEnvelope(task["member_text"].get<std::string>());
    ASSERT_TRUE(head) << task["note"] << head.error().message();
    EXPECT_EQ(head->id, given["returned_id"].get<std::string>());
    EXPECT_EQ(head->name, given["class"].get<std::string>());
    EXPECT_EQ(head->timeLimitSeconds, std::max<std::int64_t>(0, wholeNumber(given["time_limit"]))) << task["note"];
    const auto seconds =
        given["time_of_execution"].is_null() ? 0 : given["time_of_execution"]["unix"].get<std::int64_t>();
    EXPECT_EQ(head->timeOfExecution.value_or(Time()), Time(std::chrono::seconds(seconds))) << task["note"];
  }
}

TEST(GoldenTasks, AreEncodedToTheSameBytes) {
  int compared = 0;
  for (const auto& task : readableTasks()) {
    const auto& given = task["arguments"];
    const auto text = task["member_text"].get<std::string>();
    if (!given["priority"].is_number() || !given["time_limit"].is_number_integer()) continue;
    BrokerTask ours;
    ours.id = given["returned_id"];
    ours.name = given["class"];
    ours.priority = given["priority"];
    ours.timeLimitSeconds = given["time_limit"];
    if (!given["time_of_execution"].is_null()) {
      ours.timeOfExecution = Time(std::chrono::seconds(given["time_of_execution"]["unix"].get<std::int64_t>()));
    }
    const auto parameters = decodeTaskCall(text).value().parameters;
    ours.parameters = parameters == "{}" ? "[]" : parameters;
    EXPECT_EQ(encodeEnvelope(ours), text) << task["note"];
    ++compared;
  }
  EXPECT_EQ(compared, 36);
}

TEST(GoldenTasks, ThatPhpCannotReadAreCorrupt) {
  int corrupt = 0;
  for (const auto& task : wireFile("redis_tasks.json")) {
    if (isReadable(task)) continue;
    const auto answer = decodeEnvelope(task["member_text"].get<std::string>());
    ASSERT_FALSE(answer) << task["note"];
    EXPECT_EQ(answer.error().code(), ErrorCode::Corrupt);
    ++corrupt;
  }
  EXPECT_EQ(corrupt, 5);
}

std::string bytesOf(const Json& member) {
  if (!member["member_text"].is_null()) return member["member_text"];
  return "{\"cn\":\"App\",\"td\":{\"id\":\"id1\",\"parameters\":{\"x\":\"\xff\"}}}";
}

TEST(GoldenMembers, ThatPhpLeptirRunsAreAccepted) {
  int accepted = 0;
  for (const auto& member : wireFile("accepted_by_original.json")) {
    if (!member["accepted"].get<bool>()) continue;
    const auto text = bytesOf(member);
    const auto answer = decodeEnvelope(text);
    EXPECT_TRUE(answer) << member["note"] << answer.error().message();
    const auto call = decodeTaskCall(text);
    EXPECT_TRUE(call && call->id == answer->id && call->name == answer->name) << member["note"];
    ++accepted;
  }
  EXPECT_GT(accepted, 80);
}

// PHP leptir's daemon ends on bytes that are no JSON and on an envelope without a usable `td` or `cn`. A class that
// cannot be constructed ends it too, but that is no error in the envelope.
TEST(GoldenMembers, ThatEndPhpLeptirsDaemonAndAreNoEnvelopeAreCorrupt) {
  int corrupt = 0;
  for (const auto& member : wireFile("accepted_by_original.json")) {
    const bool endsTheDaemon = member["what_happens"].get<std::string>().find("MASTER") != std::string::npos;
    const auto note = member["note"].get<std::string>();
    const bool aClass = note.find("class") != std::string::npos;
    if (!endsTheDaemon || aClass) continue;
    const auto answer = decodeEnvelope(bytesOf(member));
    ASSERT_FALSE(answer) << note;
    EXPECT_EQ(answer.error().code(), ErrorCode::Corrupt) << note;
    ++corrupt;
  }
  EXPECT_EQ(corrupt, 23);
}

// The key of a record is "leptir:taskinfo:<id>", so it shows how PHP leptir read the id.
TEST(GoldenMembers, HaveTheIdThatPhpLeptirReads) {
  const std::string mark = "leptir:taskinfo:";
  for (const auto& member : wireFile("accepted_by_original.json")) {
    const auto happens = member["what_happens"].get<std::string>();
    const auto at = happens.find(mark);
    if (at == std::string::npos || !member["accepted"].get<bool>()) continue;
    const auto id = happens.substr(at + mark.size(), happens.find('\'', at) - at - mark.size());
    EXPECT_EQ(decodeEnvelope(bytesOf(member))->id, id) << member["note"];
  }
}

TEST(GoldenMembers, HaveTheTimeLimitThatPhpLeptirReads) {
  const auto limit = [](const std::string& tl) {
    return decodeEnvelope(R"({"cn":"a","tl":)" + tl + R"(,"td":{}})")->timeLimitSeconds;
  };
  for (const std::string none :
       {"null", "\"\"", "-1", "0", "0.5", "false", "[]", "[1]", "{}", "\"abc\"", "\"30 s\"", "\"-5\""}) {
    EXPECT_EQ(limit(none), 0) << none;
  }
  for (const std::string one : {"1", "1.5", "true", "\"1\"", "\" 1.9 \"", "\"+1\""}) EXPECT_EQ(limit(one), 1) << one;
  EXPECT_EQ(limit("\"3e1\""), 30);
  EXPECT_EQ(limit("99999999999999999999"), kMaxTimeSpan.count());
}

TEST(GoldenMembers, HaveTheTimeOfExecutionThatPhpLeptirReads) {
  const auto seconds = [](const std::string& toex) {
    const auto time = decodeEnvelope(R"({"cn":"a","toex":)" + toex + R"(,"td":{}})")->timeOfExecution;
    return time ? std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count() : 0;
  };
  for (const std::string none : {"null", "\"\"", "0", "\"0\"", "false", "[]", "\"soon\"", "\"inf\"", "\"nan\""})
    EXPECT_EQ(seconds(none), 0) << none;
  EXPECT_EQ(seconds("1400000000.75"), 1400000000);
  EXPECT_EQ(seconds("1.4e9"), 1400000000);
  EXPECT_EQ(seconds("\"1400000000\""), 1400000000);
  EXPECT_EQ(seconds("\"2014-03-06T18:26:27Z\""), 2014);
  EXPECT_EQ(seconds("-86400"), -86400);
  EXPECT_EQ(seconds("1e20"), kMaxTimeSpan.count());
  EXPECT_EQ(seconds("true"), 1);
}

}  // namespace
}  // namespace leptir::task
