#include "fleet/question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/order.h"
#include "leptir/json.h"

namespace leptir::fleet {
namespace {

using namespace std::chrono_literals;
using ::testing::StartsWith;

const Question kQuestion{.kind = Question::Kind::Stack,
                         .instance = "0123456789abcdef0123456789abcdef",
                         .task = "task-1",
                         .mark = "00112233445566aa"};

FleetEntry entryOf(const Question& question) {
  return {keyOf(question, Time(1'700'000'000s)), textOf(question)};
}

TEST(Question, IsReadAsItWasWritten) {
  EXPECT_EQ(questionOf(entryOf(kQuestion)), kQuestion);
  auto other = kQuestion;
  other.kind = Question::Kind::Log;
  EXPECT_EQ(questionOf(entryOf(other)), other);
}

TEST(Question, StandsAmongTheOrdersOfItsInstance) {
  EXPECT_EQ(entryOf(kQuestion).key, "orders/0123456789abcdef0123456789abcdef/00001700000000000000-00112233");
  EXPECT_FALSE(orderOf(entryOf(kQuestion))) << "a version without questions removes it as an unknown order";
}

TEST(Question, AnOrderIsNone) {
  const Order order{.kind = Order::Kind::Stop, .instance = kQuestion.instance, .by = "ann@host", .at = Time(1s)};
  EXPECT_FALSE(questionOf({keyOf(order, 1), textOf(order)}));
}

TEST(Question, ATextThatMakesNoSenseIsNone) {
  const auto entry = entryOf(kQuestion);
  for (const auto* text :
       {"", "[]", "{}", R"({"order":"stack"})",
        R"({"order":"stack","instance":"x","task":"t","mark":"00112233445566aa"})",
        R"({"order":"stack","instance":"0123456789abcdef0123456789abcdef","task":"t","mark":"../../x"})",
        R"({"order":"stack","instance":"0123456789abcdef0123456789abcdef","task":"","mark":"00112233445566aa"})",
        R"({"order":"else","instance":"0123456789abcdef0123456789abcdef","task":"t","mark":"00112233445566aa"})"})
    EXPECT_FALSE(questionOf({entry.key, text})) << text;
  EXPECT_FALSE(questionOf({"orders/another/1", entry.value}));
}

TEST(Answer, IsReadFromItsPieces) {
  std::string answer;
  while (answer.size() < 200'000) answer += "€uro ";
  for (const auto& text : {std::string(), std::string("short"), answer}) {
    const auto entries = entriesOf(kQuestion, text);
    EXPECT_EQ(joinAnswer(entries), text);
    for (const auto& entry : entries) {
      EXPECT_LE(entry.value.size(), kMaxFleetValueBytes);
      EXPECT_THAT(entry.key, StartsWith(answerKeyPrefix(kQuestion)));
    }
  }
  EXPECT_EQ(entriesOf(kQuestion, answer).size(), 4u);
}

TEST(Answer, IsNotThereBeforeAllItsPiecesAre) {
  auto entries = entriesOf(kQuestion, std::string(100'000, 'x'));
  ASSERT_EQ(entries.size(), 2u);
  entries.pop_back();
  EXPECT_FALSE(joinAnswer(entries));
  EXPECT_FALSE(joinAnswer({}));
  EXPECT_FALSE(joinAnswer({{"answers/x/0000", "garbage"}}));
  EXPECT_FALSE(joinAnswer({{"answers/x/0000", "1x\ny"}}));
}

TEST(Answer, IsJsonOrAnError) {
  EXPECT_EQ(*parseAnswer(answerText(std::string(R"({"a":1})"))), R"({"a":1})");
  const auto error = parseAnswer(answerText(Error(ErrorCode::Invalid, "the task does not run"))).error();
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_EQ(error.message(), "the task does not run");
  EXPECT_EQ(parseAnswer("garbage").error().code(), ErrorCode::Corrupt);
  EXPECT_EQ(parseAnswer("{}").error().code(), ErrorCode::Corrupt);
  EXPECT_EQ(parseAnswer(R"({"error":"x","code":"no such code"})").error().code(), ErrorCode::Unavailable);
}

TEST(Answer, ThatIsTooLargeBecomesAnError) {
  EXPECT_FALSE(parseAnswer(answerText('"' + std::string(kMaxAnswerBytes, 'x') + '"')));
}

}  // namespace
}  // namespace leptir::fleet
