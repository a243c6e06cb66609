// Decodes randomly corrupted envelopes, and compares the result with that of another JSON parser.
#include <gtest/gtest.h>

#include <random>

#include "base/task_names.h"
#include "leptir/json.h"
#include "task/envelope.h"

namespace leptir::task {
namespace {

const std::vector<std::string> kValidEnvelopes = {
    R"({"cn":"App\\Tasks\\Mail","pr":0,"tl":30,"toex":1900000000,"td":{"id":"id1","parameters":{"a":[1,-2.5e3,true,null,"\u010d\/\ud83e\udd8b"]}},"at":1,"ts":1700000000.25})",
    R"({ "td" : [ ] , "cn" : "x" , "toex" : "" , "tl" : "5" })",
    R"({"cn":"noop","pr":null,"td":{"id":7,"parameters":{"deep":[[[[{"k":{}}]]]],"text":"č€🦋"}},"cn":"noop"})",
};
const std::string kInsertedBytes = "{}[]\",:\\ \n\t0123456789-+.eEtrufalsn/\x00\x01\x1f\x7f\x80\xc4\xed\xf0\xff";

class EnvelopeCorrupter {
 public:
  explicit EnvelopeCorrupter(unsigned seed) : random_(seed) {}

  std::string next() {
    auto text = kValidEnvelopes[random_() % kValidEnvelopes.size()];
    for (auto changes = random_() % 4; changes > 0; --changes) corrupt(text);
    return text;
  }

 private:
  void corrupt(std::string& text) {
    const auto at = random_() % (text.size() + 1);
    const auto length = 1 + random_() % 4;
    switch (random_() % 5) {
      case 0:
        return void(text.insert(at, 1, kInsertedBytes[random_() % kInsertedBytes.size()]));
      case 1:
        return void(text.erase(at, length));
      case 2:
        return void(text.insert(at, text.substr(random_() % (text.size() + 1), length)));
      case 3:
        return text.resize(at);
      default:
        if (at < text.size()) text[at] = kInsertedBytes[random_() % kInsertedBytes.size()];
    }
  }

  std::mt19937 random_;
};

// Parses with nlohmann. Unlike PHP, nlohmann accepts a byte order mark, and rejects numbers beyond the range of a
// double.
Json otherParser(const std::string& text) {
  if (text.starts_with("\xef\xbb\xbf")) return Json::value_t::discarded;
  return Json::parse(text, nullptr, false);
}

void ignoreResult(const Json&) {}

bool isEnvelope(const Json& json) {
  if (!json.is_object() || !json.contains("cn") || !json["cn"].is_string() || !json.contains("td")) return false;
  const auto name = json["cn"].get<std::string>();
  const auto id = json["td"].is_object() ? json["td"].value("id", Json()) : Json();
  const bool idIsFine = !id.is_string() || id == "" || base::checkTaskId(id.get<std::string>());
  return base::checkTaskName(name.substr(name.starts_with('\\') ? 1 : 0)) && idIsFine && json["td"].is_structured();
}

Json parametersIn(const Json& envelope) {
  const auto& td = envelope["td"];
  if (!td.is_object() || !td.contains("parameters")) return Json::object();
  const auto& parameters = td["parameters"];
  const bool none = parameters.is_null() || parameters == Json::array();
  return none ? Json::object() : parameters;
}

TEST(HostileEnvelopes, AreRejectedWithAByteOrderMarkWhichSimdjsonWouldSkip) {
  const auto head = decodeEnvelope(
      "\xef\xbb\xbf"
      R"({"cn":"noop","td":{"parameters":[]}})");
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code(), ErrorCode::Corrupt);
  EXPECT_NE(head.error().message().find("byte order mark"), std::string::npos) << head.error().message();
}

TEST(HostileEnvelopes, AreAcceptedExactlyWhenAnotherParserAcceptsThem) {
  EnvelopeCorrupter corrupter(20261123);
  int accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    const auto text = corrupter.next();
    const auto other = otherParser(text);
    const auto ours = decodeEnvelope(text);
    const bool numberTooLarge = ours && other.is_discarded();
    if (numberTooLarge) {
      ASSERT_THROW(ignoreResult(Json::parse(text)), Json::out_of_range) << text;
      continue;
    }
    ASSERT_EQ(ours.has_value(), isEnvelope(other)) << text << "\n" << (ours ? "" : ours.error().message());
    if (!ours) continue;
    ++accepted;
    const auto call = decodeTaskCall(text).value();
    ASSERT_EQ(Json::parse(call.parameters), parametersIn(other)) << text;
    ASSERT_EQ(call.id, ours->id) << text;
    ASSERT_EQ(call.name, ours->name) << text;
  }
  EXPECT_GT(accepted, 40'000);
}

TEST(HostileEnvelopes, AreCorruptWithAShortMessage) {
  EnvelopeCorrupter corrupter(7);
  for (int round = 0; round < 20'000; ++round) {
    const auto text = corrupter.next();
    const auto answer = decodeEnvelope(text);
    if (answer) continue;
    ASSERT_EQ(answer.error().code(), ErrorCode::Corrupt);
    ASSERT_TRUE(answer.error().message().starts_with("no envelope: ")) << answer.error().message();
    ASSERT_LT(answer.error().message().size(), 300u);
  }
}

TEST(HostileEnvelopes, DoNotAffectTheEnvelopeThatIsDecodedNext) {
  EnvelopeCorrupter corrupter(8);
  for (int round = 0; round < 20'000; ++round) {
    (void)decodeEnvelope(corrupter.next());
    ASSERT_EQ(decodeEnvelope(kValidEnvelopes[0])->name, "App\\Tasks\\Mail");
  }
}

TEST(HostileEnvelopes, DoNotMakeTheWorkersDecoderReadOutsideOfThem) {
  EnvelopeCorrupter corrupter(9);
  for (int round = 0; round < 50'000; ++round) (void)decodeTaskCall(corrupter.next());
}

}  // namespace
}  // namespace leptir::task
