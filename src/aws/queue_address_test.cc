#include "aws/queue_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::aws {
namespace {

using ::testing::HasSubstr;

std::string errorFor(std::string_view text) {
  const auto address = parseQueueAddress(text);
  if (address) return "it is an address";
  EXPECT_EQ(address.error().code(), ErrorCode::Invalid);
  return address.error().message();
}

TEST(QueueAddress, HasEndpointRegionAccountAndName) {
  const auto address = parseQueueAddress("https://sqs.eu-west-1.amazonaws.com/123456789012/tasks");
  ASSERT_TRUE(address) << address.error().message();
  EXPECT_EQ(address->url, "https://sqs.eu-west-1.amazonaws.com/123456789012/tasks");
  EXPECT_EQ(address->endpoint, "https://sqs.eu-west-1.amazonaws.com");
  EXPECT_EQ(address->region, "eu-west-1");
  EXPECT_EQ(address->account, "123456789012");
  EXPECT_EQ(address->name, "tasks");
  EXPECT_FALSE(address->isFifo());
}

TEST(QueueAddress, MayHaveAnyHostOfAws) {
  struct Row {
    const char *host, *region, *endpoint;
  };
  for (const auto& row : {
           Row{"sqs.us-gov-west-1.amazonaws.com", "us-gov-west-1", "https://sqs.us-gov-west-1.amazonaws.com"},
           Row{"SQS.EU-WEST-1.amazonaws.com", "eu-west-1", "https://sqs.eu-west-1.amazonaws.com"},
           Row{"sqs.cn-north-1.amazonaws.com.cn", "cn-north-1", "https://sqs.cn-north-1.amazonaws.com.cn"},
           Row{"sqs-fips.us-east-2.amazonaws.com", "us-east-2", "https://sqs-fips.us-east-2.amazonaws.com"},
           Row{"sqs.eu-central-1.api.aws", "eu-central-1", "https://sqs.eu-central-1.api.aws"},
           Row{"sqs-fips.us-west-2.api.aws", "us-west-2", "https://sqs-fips.us-west-2.api.aws"},
           Row{"sqs.cn-north-1.api.amazonwebservices.com.cn", "cn-north-1",
               "https://sqs.cn-north-1.api.amazonwebservices.com.cn"},
           Row{"eu-west-1.queue.amazonaws.com", "eu-west-1", "https://sqs.eu-west-1.amazonaws.com"},
           Row{"queue.amazonaws.com", "us-east-1", "https://sqs.us-east-1.amazonaws.com"},
           Row{"cn-north-1.queue.amazonaws.com.cn", "cn-north-1", "https://sqs.cn-north-1.amazonaws.com.cn"},
           Row{"vpce-0a1b-2c3d.sqs.eu-west-3.vpce.amazonaws.com", "eu-west-3",
               "https://vpce-0a1b-2c3d.sqs.eu-west-3.vpce.amazonaws.com"},
           Row{"sqs.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", "https://sqs.us-iso-east-1.c2s.ic.gov"},
           Row{"sqs.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "https://sqs.eusc-de-east-1.amazonaws.eu"},
       }) {
    for (const std::string scheme : {"https://", "http://"}) {
      const auto address = parseQueueAddress(scheme + row.host + "/1/q");
      ASSERT_TRUE(address) << address.error().message();
      EXPECT_EQ(address->region, row.region);
      EXPECT_EQ(address->endpoint, row.endpoint) << "PHP leptir speaks https to AWS in any case";
    }
  }
}

TEST(QueueAddress, OfAnotherHostIsAnEndpointAsItIs) {
  struct Row {
    const char *text, *endpoint, *account;
  };
  for (const auto& row :
       {Row{"http://127.0.0.1:9324/000000000000/q", "http://127.0.0.1:9324", "000000000000"},
        Row{"http://localhost:4566/queue/us-east-1/000000000000/q", "http://localhost:4566", "000000000000"},
        Row{"https://sqs.example.org/q/", "https://sqs.example.org", ""},
        Row{"http://[::1]:80/1/q", "http://[::1]:80", "1"}}) {
    const auto address = parseQueueAddress(row.text);
    ASSERT_TRUE(address) << address.error().message();
    EXPECT_EQ(address->endpoint, row.endpoint);
    EXPECT_EQ(address->region, "");
    EXPECT_EQ(address->account, row.account);
    EXPECT_EQ(address->name, "q");
  }
}

TEST(QueueAddress, SaysWhetherItIsAFifoQueue) {
  EXPECT_TRUE(parseQueueAddress("https://sqs.eu-west-1.amazonaws.com/1/tasks.fifo")->isFifo());
}

TEST(QueueAddress, ThatIsNoneIsRefusedWithAReason) {
  EXPECT_THAT(errorFor(""), HasSubstr("it is empty"));
  EXPECT_THAT(errorFor("tasks"), HasSubstr("but it does not begin with https://"));
  EXPECT_THAT(errorFor("https://sqs.eu-west-1.amazonaws.com"), HasSubstr("names no queue"));
  EXPECT_THAT(errorFor("https://sqs.eu-west-1.amazonaws.com/tasks"), HasSubstr("names no account"));
  EXPECT_THAT(errorFor("https://sqs.eu-west-1.amazonaws.com/1/a%20b"), HasSubstr("'a%20b' is no name of a queue"));
  EXPECT_THAT(errorFor("https://sqs.eu-west-1.amazonaws.com/1/" + std::string(81, 'x')),
              HasSubstr("no name of a queue"));
  EXPECT_THAT(errorFor("https://s3.eu-west-1.amazonaws.com/1/q"), HasSubstr("is no host of Amazon SQS"));
  EXPECT_THAT(errorFor("https://amazonaws.com.example.org/?x=1"), HasSubstr("a user or a query"));
  EXPECT_THAT(errorFor("https://key:geheim@sqs.eu-west-1.amazonaws.com/1/q"), HasSubstr("a user or a query"));
  EXPECT_THAT(errorFor("https://sqs.eu-west-1.amazonaws.com/1/q#x"), HasSubstr("'#'"));
  EXPECT_THAT(errorFor("arn:aws:sns:eu-west-1:1:topic"), HasSubstr("it is an ARN"));
}

TEST(QueueAddress, IsSaidWhereAnArnWasGiven) {
  EXPECT_THAT(errorFor("arn:aws:sqs:eu-west-1:123456789012:tasks"),
              HasSubstr("write https://sqs.eu-west-1.amazonaws.com/123456789012/tasks"));
  EXPECT_THAT(errorFor("arn:aws-cn:sqs:cn-north-1:1:tasks"), HasSubstr("amazonaws.com.cn/1/tasks"));
}

}  // namespace
}  // namespace leptir::aws
