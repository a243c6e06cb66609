#include "backends/sqs/sqs_message.h"

#include <gtest/gtest.h>

namespace leptir::sqs {
namespace {

using std::chrono::seconds;

TEST(SqsMessage, ABatchNamesItsEntriesByIndexAndLeavesOutWhatIsEmpty) {
  const OutgoingMessage first{.body = "{}", .delay = seconds(5), .attributes = {{"a", "String", "x", ""}}};
  const OutgoingMessage second{.body = "[]", .attributes = {{"b", "Binary.png", "", "AAE="}}};
  const std::vector<const OutgoingMessage*> both{&first, &second};
  EXPECT_EQ(Json::parse(sendBatchBody("http://q", both)), Json::parse(R"({"QueueUrl": "http://q", "Entries": [
      {"Id": "0", "MessageBody": "{}", "DelaySeconds": 5,
       "MessageAttributes": {"a": {"DataType": "String", "StringValue": "x"}}},
      {"Id": "1", "MessageBody": "[]",
       "MessageAttributes": {"b": {"DataType": "Binary.png", "BinaryValue": "AAE="}}}]})"));
}

TEST(SqsMessage, RequestsAreInAscii) {
  const OutgoingMessage message{.body = "\xc4\x8d \xf0\x9f\xa6\x8b"};
  const std::vector<const OutgoingMessage*> one{&message};
  const auto request = sendBatchBody("http://q", one);
  EXPECT_NE(request.find(R"(\u010d \ud83e\udd8b)"), std::string::npos) << request;
}

TEST(SqsMessage, BytesCountTheBodyAndAllPartsOfAttributes) {
  const OutgoingMessage message{.body = "12345", .attributes = {{"name", "String", "text", ""}}};
  EXPECT_EQ(message.bytes(), 5u + 4 + 6 + 4);
}

TEST(SqsMessage, AReceivedMessageHasItsCountAndItsAttributes) {
  const auto messages = receivedMessages(Json::parse(R"({"Messages": [{"MessageId": "m", "ReceiptHandle": "r",
      "Body": "b", "Attributes": {"ApproximateReceiveCount": "3"}, "MessageAttributes": {
        "n": {"DataType": "Number", "StringValue": "7"}, "b": {"DataType": "Binary", "BinaryValue": "AAE="}}}]})"));
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].id, "m");
  EXPECT_EQ(messages[0].receipt, "r");
  EXPECT_EQ(messages[0].body, "b");
  EXPECT_EQ(messages[0].receives, 3u);
  EXPECT_EQ(messages[0].attributes,
            (std::vector<MessageAttribute>{{"b", "Binary", "", "AAE="}, {"n", "Number", "7", ""}}));
}

TEST(SqsMessage, AnAnswerOfAnyShapeGivesTheMessagesThatCanBeRead) {
  for (const auto* none : {"{}", R"({"Messages": null})", R"({"Messages": {}})", R"({"Messages": [1, {}, null]})",
                           R"({"Messages": [{"Body": "no handle"}]})", R"({"Messages": [{"ReceiptHandle": "r"}]})"})
    EXPECT_TRUE(receivedMessages(Json::parse(none)).empty()) << none;
  const auto odd = receivedMessages(Json::parse(R"({"Messages": [{"ReceiptHandle": "r", "Body": "",
      "Attributes": {"ApproximateReceiveCount": "many"}, "MessageAttributes": [1]}]})"));
  ASSERT_EQ(odd.size(), 1u);
  EXPECT_EQ(odd[0].receives, 1u);
}

TEST(SqsMessage, EachEntryThatIsNotNamedAsSuccessfulHasFailed) {
  const auto failed = failedEntries(Json::parse(R"({"Successful": [{"Id": "1"}, {"Id": "7"}, {"Id": "x"}, 3],
      "Failed": [{"Id": "0", "Code": "C", "Message": "M", "SenderFault": true}]})"),
                                    3);
  ASSERT_EQ(failed.size(), 2u);
  EXPECT_EQ(failed[0].index, 0u);
  EXPECT_EQ(failed[0].code, "C");
  EXPECT_EQ(failed[0].message, "M");
  EXPECT_TRUE(failed[0].isSendersFault);
  EXPECT_EQ(failed[1].index, 2u);
  EXPECT_EQ(failed[1].code, "");
  EXPECT_FALSE(failed[1].isSendersFault) << "an entry that the answer forgets may be sent again";
}

}  // namespace
}  // namespace leptir::sqs
