#include "backends/sqs/sqs_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace leptir::sqs {
namespace {

using ::testing::HasSubstr;

constexpr const char* kQueue = "https://sqs.eu-west-1.amazonaws.com/123456789012/tasks";

std::string whyNot(Json connection) {
  connection.emplace("sqs_queue", kQueue);
  const auto settings = readSettings(connection);
  if (settings) return "";
  EXPECT_EQ(settings.error().code(), ErrorCode::Invalid);
  return settings.error().message();
}

TEST(SqsSettings, EndpointAndRegionComeFromTheAddressUnlessTheyAreConfigured) {
  auto settings = readSettings({{"sqs_queue", kQueue}});
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->queue.endpoint, "https://sqs.eu-west-1.amazonaws.com");
  EXPECT_EQ(settings->queue.region, "eu-west-1");
  EXPECT_EQ(settings->where(), "queue tasks");
  settings = readSettings({{"sqs_queue", kQueue}, {"region", "eu-west-2"}, {"endpoint", "http://127.0.0.1:9324"}});
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->queue.endpoint, "http://127.0.0.1:9324");
  EXPECT_EQ(settings->queue.region, "eu-west-2");
  EXPECT_EQ(settings->queue.url, kQueue);
}

TEST(SqsSettings, ThePhpKeysAloneAreEnough) {
  const auto settings = readSettings({{"sqs_queue", kQueue}, {"sqs_key", "AKIDEXAMPLE"}, {"sqs_secret", "secret"}});
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->credentials.accessKey, "AKIDEXAMPLE");
  EXPECT_EQ(settings->credentials.secretKey, "secret");
}

TEST(SqsSettings, HalfAKeyPairIsRefusedAndNoMessageHasASecret) {
  EXPECT_EQ(whyNot({{"sqs_key", "AKID"}}), "sqs_key is set, but sqs_secret is not");
  EXPECT_EQ(whyNot({{"sqs_secret", "geheim"}}), "sqs_secret is set, but sqs_key is not");
  EXPECT_THAT(whyNot({{"session_token", "geheim"}}), testing::Not(HasSubstr("geheim")));
  EXPECT_THAT(whyNot({{"sqs_key", "a"}, {"sqs_secret", "b"}, {"profile", "p"}}), HasSubstr("leave one of them out"));
}

TEST(SqsSettings, AFifoQueueIsRefusedWithASentence) {
  EXPECT_THAT(whyNot({{"sqs_queue", std::string(kQueue) + ".fifo"}}), HasSubstr("use a standard queue"));
  EXPECT_THAT(whyNot({{"buried_queue", std::string(kQueue) + ".fifo"}}), HasSubstr("buried_queue: tasks.fifo"));
}

TEST(SqsSettings, AnAddressThatIsNoneIsRefused) {
  for (const auto* variable : {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"}) ::unsetenv(variable);
  ::setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
  for (const auto* none : {"", "tasks", "https://example.org", "arn:aws:sqs:eu-west-1:123456789012:tasks"})
    EXPECT_THAT(whyNot({{"sqs_queue", none}}), HasSubstr("sqs_queue: ")) << none;
  EXPECT_THAT(whyNot({{"sqs_queue", "http://127.0.0.1:9324/000000000000/tasks"}}), HasSubstr("set region"));
}

TEST(SqsSettings, ARegionThatNothingElseSaysIsThatOfTheEnvironment) {
  ::setenv("AWS_REGION", "eu-central-1", 1);
  const auto settings = readSettings({{"sqs_queue", "http://127.0.0.1:9324/000000000000/tasks"}});
  ::unsetenv("AWS_REGION");
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->queue.region, "eu-central-1");
}

TEST(SqsSettings, TheQueueOfBuriedTasksIsAnotherOneAtTheSameEndpoint) {
  EXPECT_EQ(whyNot({{"buried_queue", std::string(kQueue) + "-buried"}}), "");
  EXPECT_THAT(whyNot({{"buried_queue", kQueue}}), HasSubstr("would run again"));
  EXPECT_THAT(whyNot({{"buried_queue", "https://sqs.eu-west-2.amazonaws.com/123456789012/b"}}),
              HasSubstr("another region"));
}

}  // namespace
}  // namespace leptir::sqs
