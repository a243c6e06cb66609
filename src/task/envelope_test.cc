#include "task/envelope.h"

#include "leptir/json.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "task/envelope_counters.h"
#include "task/resize_task.h"

namespace leptir::task {
namespace {

using namespace std::chrono_literals;

std::string encodedWithName(std::string name) {
  auto task = imageResizeTask();
  task.name = std::move(name);
  const auto text = encodeEnvelope(task);
  return text.substr(6, text.find(R"(,"pr")") - 6);
}

TEST(Envelope, HasTheKeysOfPhpLeptirInTheSameOrder) {
  EXPECT_EQ(encodeEnvelope(imageResizeTask()),
            R"({"cn":"image.resize","pr":0,"tl":0,"toex":"","td":{"id":"id1","parameters":{"width":640}}})");
}

TEST(Envelope, HasLeptirsOwnKeysOnlyForValuesThatAreNotZero) {
  auto task = imageResizeTask();
  task.priority = -3;
  task.timeLimitSeconds = 30;
  task.timeOfExecution = Time(1900000000s + 700ms);
  task.maxAttempts = 5;
  task.counters = {1, 2, 3, 4};
  task.pushedAt = Time(1700000000s + 42us);
  task.expires = Time(1900000060s + 250ms);

  EXPECT_EQ(encodeEnvelope(task),
            R"({"cn":"image.resize","pr":-3,"tl":30,"toex":1900000000,"td":{"id":"id1","parameters":{"width":640}},)"
            R"("at":1,"cr":2,"ex":3,"un":4,"ma":5,"expires":1900000060.250000,"ts":1700000000.000042})");
}

TEST(Envelope, CarriesTheTraceparentInFrontOfTheTimeOfThePush) {
  auto task = imageResizeTask();
  task.pushedAt = Time(1700000000s);
  task.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto text = encodeEnvelope(task);
  EXPECT_TRUE(
      text.ends_with(R"(}},"trace":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","ts":1700000000.000000})"))
      << text;
  EXPECT_EQ(decodeEnvelope(text)->trace->text(), task.traceparent);
  EXPECT_EQ(decodeTaskCall(text)->trace->text(), task.traceparent);
  EXPECT_EQ(decodeTaskCall(text, PushTimeReading::Read)->pushedAt, task.pushedAt);
  EXPECT_FALSE(decodeTaskCall(text)->pushedAt);
}

TEST(Envelope, WithATraceThatIsNoTraceparentIsATaskWithoutOne) {
  for (const auto* trace : {R"("00-x")", "1", "null", R"({"traceparent":[]})", "[]", R"("")"}) {
    const auto text = std::string(R"({"cn":"x","td":{"id":"1"},"trace":)") + trace + "}";
    const auto head = decodeEnvelope(text);
    ASSERT_TRUE(head) << text << head.error().message();
    EXPECT_FALSE(head->trace) << text;
    EXPECT_FALSE(decodeTaskCall(text)->trace) << text;
  }
}

TEST(Envelope, KeepsItsTraceWhenAStoreChangesItsCounters) {
  auto task = imageResizeTask();
  task.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto counted = withCounters(encodeEnvelope(task), {.failures = 1});
  EXPECT_EQ(decodeEnvelope(counted)->trace->text(), task.traceparent);
}

TEST(Envelope, EscapesTextAsPhpDoes) {
  EXPECT_EQ(encodedWithName("App\\Tasks\\Mail"), R"("App\\Tasks\\Mail")");
  EXPECT_EQ(encodedWithName("a/\"b"), R"("a\/\"b")");
  EXPECT_EQ(encodedWithName("\b\f\n\r\t\x01\x1f\x7f<>&'"), "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f<>&'\"");
  EXPECT_EQ(encodedWithName("č€🦋"), R"("\u010d\u20ac\ud83e\udd8b")");
  EXPECT_EQ(encodedWithName(std::string("a\0b", 3)), R"("a\u0000b")");
}

TEST(Envelope, ReplacesBytesThatAreNotUtf8ByUPlusFffd) {
  EXPECT_EQ(encodedWithName("a\xff"), R"("a\ufffd")");
  EXPECT_EQ(encodedWithName("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");
  EXPECT_EQ(encodedWithName("\xe2\x82"), R"("\ufffd\ufffd")");
}

TEST(Envelope, IsDecodedToTheTaskThatWasEncoded) {
  auto task = imageResizeTask();
  task.id = "č/\"";
  task.timeLimitSeconds = 30;
  task.timeOfExecution = Time(-86400s);
  task.maxAttempts = 5;
  task.counters = {1, 2, 3, 4};
  task.pushedAt = Time(1795462346s + 667348us);

  const auto head = decodeEnvelope(encodeEnvelope(task));

  ASSERT_TRUE(head) << head.error().message();
  EXPECT_EQ(head->id, task.id);
  EXPECT_EQ(head->name, task.name);
  EXPECT_EQ(head->timeLimitSeconds, 30);
  EXPECT_EQ(head->timeOfExecution, task.timeOfExecution);
  EXPECT_EQ(head->maxAttempts, 5u);
  EXPECT_EQ(head->counters, task.counters);
  EXPECT_EQ(head->pushedAt, task.pushedAt);
  EXPECT_EQ(decodeTaskCall(encodeEnvelope(task)).value().parameters, task.parameters);
}

TEST(Envelope, KeepsTheTimeOfThePushToTheMicrosecond) {
  auto task = imageResizeTask();
  for (std::int64_t micros = 1'795'462'346'000'000; micros < 1'795'462'346'000'000 + 5'000'000; micros += 997) {
    task.pushedAt = Time(Duration(micros));
    ASSERT_EQ(decodeEnvelope(encodeEnvelope(task))->pushedAt, task.pushedAt);
  }
}

TEST(DecodeEnvelope, RemovesOneLeadingBackslashFromTheName) {
  EXPECT_EQ(decodeEnvelope(R"({"cn":"\\App\\Mail","td":{}})")->name, "App\\Mail");
  EXPECT_EQ(decodeEnvelope(R"({"cn":"\\\\App","td":{}})")->name, "\\App");
}

TEST(DecodeEnvelope, UsesTheLastOfDuplicateKeys) {
  const std::string text =
      R"({"cn":"old","td":{"id":"a","parameters":{"n":1}},"cn":"new","td":{"id":"b","id":"c","parameters":1,"parameters":[ 2 ]}})";
  const auto head = decodeEnvelope(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->name, "new");
  EXPECT_EQ(head->id, "c");
  EXPECT_EQ(decodeTaskCall(text).value().parameters, "[ 2 ]");
}

TEST(DecodeEnvelope, ReadsKeysThatAreWrittenWithEscapes) {
  const std::string text = R"({"\u0063n":"Mail","t\u0064":{"i\u0064":"x","par\u0061meters":{"a":1}}})";
  const auto head = decodeEnvelope(text);
  ASSERT_TRUE(head) << head.error().message();
  EXPECT_EQ(head->name, "Mail");
  EXPECT_EQ(head->id, "x");
  EXPECT_EQ(decodeTaskCall(text).value().parameters, R"({"a":1})");
}

TEST(DecodeEnvelope, ReturnsCorruptWithTheByteOfTheError) {
  const auto answer = decodeEnvelope(R"({"cn":"Mail","td":{"id":nope}})");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Corrupt);
  EXPECT_NE(answer.error().message().find("byte 25"), std::string::npos) << answer.error().message();
}

TEST(DecodeEnvelope, RejectsJsonThatIsNoEnvelope) {
  for (const std::string text :
       {"{}", "[]", "5", "null", R"({"cn":"","td":{}})", R"({"cn":["a"],"td":{}})", R"({"cn":"a"})",
        R"({"cn":"a","td":null})", R"({"cn":"a","td":"x"})", R"({"cn":"\\","td":{}})"}) {
    const auto answer = decodeEnvelope(text);
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().code(), ErrorCode::Corrupt);
  }
}

TEST(DecodeEnvelope, RejectsAnEnvelopeAboveTheSizeLimit) {
  const std::string small = R"({"cn":"a","td":{}})";
  const auto filledUpTo = [&](std::size_t bytes) { return small + std::string(bytes - small.size(), ' '); };
  EXPECT_FALSE(decodeEnvelope(filledUpTo(kMaxEnvelopeBytes + kMaxBytesAddedByStores + 1)));
  EXPECT_TRUE(decodeEnvelope(filledUpTo(kMaxEnvelopeBytes + kMaxBytesAddedByStores)));
}

TEST(DecodeEnvelope, RejectsMillionsOfNestedLists) {
  EXPECT_FALSE(decodeEnvelope(R"({"cn":"a","td":{"parameters":)" + std::string(5'000'000, '[')));
}

TEST(DecodeEnvelope, AcceptsNumbersOfAnySize) {
  EXPECT_TRUE(
      decodeEnvelope(R"({"cn":"a","td":{"parameters":[1e400,-1e-400,123456789012345678901234567890,0.0,-0]}})"));
  for (const std::string number : {"01", "1.", ".5", "+1", "1e", "0x1", "--1", "1 2", "Infinity"}) {
    EXPECT_FALSE(decodeEnvelope(R"({"cn":"a","td":{"parameters":[)" + number + "]}}")) << number;
  }
}

TEST(DecodeTaskCall, ReturnsAnEmptyObjectForMissingParameters) {
  for (const std::string td :
       {"{}", "[]", R"({"parameters":null})", R"({"parameters":[]})", R"({"parameters":[ ]})", R"(["id1",{"a":1}])"}) {
    EXPECT_EQ(decodeTaskCall(R"({"cn":"a","td":)" + td + "}").value().parameters, "{}") << td;
  }
}

TEST(DecodeTaskCall, ReturnsTheParametersAsTheirUnchangedText) {
  EXPECT_EQ(
      decodeTaskCall(R"({"cn":"a","td":{"parameters": { "f" : 10.0 , "u":"\u010d" } , "id":1}})").value().parameters,
      R"({ "f" : 10.0 , "u":"\u010d" })");
}

TEST(DecodeEnvelope, RejectsInvalidIdsAndNames) {
  const auto why = [](const std::string& cn, const std::string& id) {
    const auto head = decodeEnvelope(R"({"cn":")" + cn + R"(","td":{"id":)" + id + "}}");
    return head ? std::string() : head.error().message();
  };
  EXPECT_EQ(why("a", R"("a\u0000b")"), "no envelope: `td.id`: the task's id holds a control character: 'a\\x00b'");
  EXPECT_EQ(why("a", R"("x\ny")"), "no envelope: `td.id`: the task's id holds a control character: 'x\\ny'");
  EXPECT_EQ(why("a", "\"" + std::string(300, 'x') + "\""),
            "no envelope: `td.id`: the task's id has 300 bytes, more than 255");
  EXPECT_EQ(why("a\\tb", R"("1")"), "no envelope: `cn`: the task's name holds a control character: 'a\\tb'");
  EXPECT_EQ(why("App\\\\Mail", "null"), "");
  EXPECT_EQ(why("a", R"("")"), "");
}

TEST(Envelope, ReadsWhenATaskExpires) {
  const auto expires = [](const std::string& value) {
    const auto envelope = R"({"cn":"x","td":{"id":"a"},"expires":)" + value + "}";
    const auto head = decodeEnvelope(envelope);
    const auto call = decodeTaskCall(envelope);
    EXPECT_TRUE(head && call) << value;
    EXPECT_EQ(head->expires, call->expires) << value;
    return head->expires;
  };
  EXPECT_EQ(expires("1900000060.25"), Time(1900000060s + 250ms));
  EXPECT_EQ(expires("1900000060"), Time(1900000060s));
  EXPECT_EQ(expires(R"("1900000060.5")"), Time(1900000060s + 500ms)) << "PHP may write a number as text";
  EXPECT_EQ(expires("-1"), Time(-1s));
  EXPECT_EQ(expires("1e300"), Time(kMaxTimeSpan));
  EXPECT_EQ(expires("-1e300"), Time(-kMaxTimeSpan));
}

TEST(Envelope, IgnoresAnExpiryThatSaysNoTime) {
  for (const auto* value : {"0", "0.0", R"("")", "null", "false", "true", "[]", "[1]", "{}", R"("soon")", R"("1x")"}) {
    const auto head = decodeEnvelope(R"({"cn":"x","td":{"id":"a"},"expires":)" + std::string(value) + "}");
    ASSERT_TRUE(head) << value;
    EXPECT_FALSE(head->expires) << value;
  }
}

TEST(Envelope, TheLastOfTwoExpiriesCounts) {
  const auto* envelope = R"({"expires":5,"cn":"x","td":{"id":"a"},"expires":null})";
  EXPECT_FALSE(decodeEnvelope(envelope)->expires);
  EXPECT_FALSE(decodeTaskCall(envelope)->expires);
}

TEST(Envelope, TheIdOfMalformedBytesIsReadWhereTheyHaveOne) {
  EXPECT_EQ(idInMalformed(R"({ "cn" : 7, "td" : { "id" : "a b" } })"), "a b");
  EXPECT_EQ(idInMalformed(R"({"cn":"","td":{"id":"a1","parameters":[]}})"), "a1");
  EXPECT_EQ(idInMalformed(R"({"cn":"A","td":{"id":"cut-off","parameters":{"a)"), "cut-off");
  EXPECT_EQ(idInMalformed("{\"cn\":\"A\",\"td\":{\"id\":\"a\\n\"}}"), "") << "a line feed is in no id";
  EXPECT_EQ(idInMalformed(R"({"cn":"A","td":7})"), "");
  EXPECT_EQ(idInMalformed(R"(["td"])"), "");
  EXPECT_EQ(idInMalformed("oops"), "");
  EXPECT_EQ(idInMalformed(""), "");
}

}  // namespace
}  // namespace leptir::task
