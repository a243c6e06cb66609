#include "backends/sqs/received_messages.h"

#include <gmock/gmock.h>

#include "backends/sqs/sqs_fixture.h"

namespace leptir::sqs {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

bool isSame(const ReceivedMessage& one, const ReceivedMessage& other) {
  return one.id == other.id && one.receipt == other.receipt && one.body == other.body &&
         one.receives == other.receives && one.attributes == other.attributes;
}

TEST(ReceivedMessages, AreTheSameAsThoseOfTheTree) {
  for (
      const std::string text : {
          R"({})",
          R"({"Messages":[]})",
          R"({"Messages":null})",
          R"({"Messages":{"Body":"b","ReceiptHandle":"r"}})",
          R"({"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"b","MD5OfBody":"0","Attributes":{"SentTimestamp":"1",
              "ApproximateReceiveCount":"3"}},{"MessageId":"n","ReceiptHandle":"s","Body":"c"}], "Other": [1, {"a": 2}]})",
          R"({"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"\u0001 \"x\" \ud83d\ude00 \\ \n"}]})",
          R"({"Messages":[{"MessageId":"no body","ReceiptHandle":"r"},{"MessageId":"no handle","Body":"b"}, 7]})",
          R"({"Messages":[{"MessageId":1,"ReceiptHandle":"r","Body":{"a":1},"Attributes":[]}]})",
          R"({"Messages":[{"ReceiptHandle":"r","Body":"b","Attributes":{"ApproximateReceiveCount":"0"}},
              {"ReceiptHandle":"r","Body":"b","Attributes":{"ApproximateReceiveCount":"-1"}},
              {"ReceiptHandle":"r","Body":"b","Attributes":{"ApproximateReceiveCount":2}}]})",
          R"({"Messages":[{"ReceiptHandle":"q","Body":"a"},{"ReceiptHandle":"r","Body":"b",
              "MessageAttributes":{"leptir":{"DataType":"String","StringValue":"{}"}}}]})",
      }) {
    const auto read = must(readReceivedMessages(text));
    const auto expected = receivedMessages(Json::parse(text));
    ASSERT_EQ(read.size(), expected.size()) << text;
    for (std::size_t i = 0; i < read.size(); ++i) EXPECT_TRUE(isSame(read[i], expected[i])) << text;
  }
}

TEST(ReceivedMessages, AreReadWithTheirEscapesAndTheNumberOfReceives) {
  const auto read = must(readReceivedMessages(
      R"({"Messages":[{"Body":"{\"a\":1}","ReceiptHandle":"r","Attributes":{"ApproximateReceiveCount":"12"}}]})"));
  ASSERT_THAT(read, SizeIs(1));
  EXPECT_EQ(read[0].body, R"({"a":1})");
  EXPECT_EQ(read[0].receives, 12u);
}

TEST(ReceivedMessages, OfAnAnswerThatIsNoJsonObjectAreAnError) {
  for (const std::string text : {"", "[]", "7", "{", R"({"Messages":[{"Body":"b","ReceiptHandle":"r"})", "{} {}",
                                 R"({"Messages":[{"Body":"\ud800","ReceiptHandle":"r"}]})", "{\"Messages\":[\xff]}"})
    EXPECT_FALSE(readReceivedMessages(text)) << text;
}

}  // namespace
}  // namespace leptir::sqs
