#include "tests/support/sqs_proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <future>

#include "tests/support/wait_until.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using How = SqsFault::How;

std::string timeText(std::time_t time) {
  std::tm fields{};
  ::gmtime_r(&time, &fields);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &fields)};
}

// A client with one connection, which signs its requests.
class Client {
 public:
  explicit Client(const SqsProxy& proxy, SqsKeys keys = {"AKID", "secret"})
      : host_("127.0.0.1:" + std::to_string(proxy.port())), keys_(std::move(keys)), connection_(proxy.port()) {}

  std::optional<HttpReply> ask(const std::string& action, const Json& body) {
    HttpReceived request{"POST", "/", {{"host", host_}, {"x-amz-date", timeText(std::time(nullptr))}}, body.dump()};
    const auto scope = request.headers["x-amz-date"].substr(0, 8) + "/us-east-1/sqs/aws4_request";
    auto& authorization = request.headers["authorization"];
    authorization =
        "AWS4-HMAC-SHA256 Credential=" + keys_.access + "/" + scope + ", SignedHeaders=host;x-amz-date, Signature=";
    authorization += signatureOf(request, keys_.secret);
    return connection_.ask(httpPost(host_,
                                    {"X-Amz-Date: " + request.headers["x-amz-date"], "Authorization: " + authorization,
                                     "Content-Type: application/x-amz-json-1.0", "X-Amz-Target: AmazonSQS." + action},
                                    request.body));
  }

 private:
  std::string host_;
  SqsKeys keys_;
  HttpClient connection_;
};

std::string codeOf(const std::optional<HttpReply>& reply) {
  if (!reply) return "no reply";
  return reply->status == 200 ? "" : Json::parse(reply->body).at("__type").get<std::string>();
}

class SqsProxyTest : public testing::Test {
 protected:
  std::optional<HttpReply> ask(const std::string& action, Json body) {
    body["QueueUrl"] = proxy_.queueAddress(queue_.name());
    if (!client_) client_.emplace(proxy_);
    auto reply = client_->ask(action, body);
    if (!reply) client_.reset();
    return reply;
  }
  std::optional<HttpReply> send(const std::string& body) { return ask("SendMessage", {{"MessageBody", body}}); }
  std::optional<HttpReply> receive(Json more = Json::object()) {
    more["MaxNumberOfMessages"] = 10;
    return ask("ReceiveMessage", more);
  }
  // The messages that the emulator has, received without the proxy.
  std::vector<std::string> bodies() {
    const auto answer = queue_.ask("ReceiveMessage", {{"MaxNumberOfMessages", 10}, {"VisibilityTimeout", 0}});
    std::vector<std::string> bodies;
    for (const auto& message : answer.value("Messages", Json::array())) bodies.push_back(message.at("Body"));
    return bodies;
  }

  SqsTestQueue queue_{sharedSqsServer()};
  SqsProxy proxy_{queue_.server()};
  std::optional<Client> client_;
};

TEST_F(SqsProxyTest, PassesRequestsAndAnswersOnOverKeptConnections) {
  EXPECT_EQ(codeOf(send("a")), "");
  EXPECT_EQ(codeOf(ask("NoSuchAction", Json::object())), "com.amazonaws.sqs#InvalidAction");
  const auto reply = receive();
  EXPECT_EQ(Json::parse(reply->body)["Messages"][0]["Body"], "a");
  EXPECT_EQ(proxy_.connections(), 1);
  EXPECT_EQ(proxy_.requests(), 3);
  EXPECT_EQ(proxy_.count("SendMessage"), 1);
  EXPECT_EQ(proxy_.received("SendMessage")[0]["MessageBody"], "a");
  proxy_.forget();
  EXPECT_EQ(proxy_.requests(), 0);
}

TEST_F(SqsProxyTest, PassesAMebibyteOn) {
  const std::string large(1 << 20, 'x');
  EXPECT_EQ(codeOf(send(large)), "");
  EXPECT_THAT(bodies(), ElementsAre(large));
}

TEST_F(SqsProxyTest, RefusesTheRequestsThatTheTestSelects) {
  SqsFault fault{.status = 400, .code = "RequestThrottled", .message = "slowly", .headers = {"Retry-After: 1"}};
  fault.skip = 1;
  fault.times = 2;
  proxy_.inject("SendMessage", fault);
  std::vector<std::string> codes;
  for (const char* body : {"a", "b", "c", "d"}) codes.push_back(codeOf(send(body)));
  EXPECT_THAT(codes, ElementsAre("", HasSubstr("RequestThrottled"), HasSubstr("RequestThrottled"), ""));
  EXPECT_EQ(proxy_.faults(), 2);
  EXPECT_THAT(bodies(), ElementsAre("a", "d"));
}

TEST_F(SqsProxyTest, RefusesTheRequestWhoseBodyTheTestSelects) {
  proxy_.inject("SendMessage", {.containing = "second"});
  std::vector<std::string> codes;
  for (const char* body : {"first", "second", "third"}) codes.push_back(codeOf(send(body)));
  EXPECT_THAT(codes, ElementsAre("", HasSubstr("ServiceUnavailable"), ""));
}

TEST_F(SqsProxyTest, AnswersARefusalWithTheHeadersOfTheTest) {
  proxy_.inject("*", {.headers = {"Retry-After: 1", "Date: Thu, 01 Jan 2026 00:00:00 GMT"}});
  const auto reply = send("a");
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->header("Retry-After"), "1");
  EXPECT_EQ(reply->header("Date"), "Thu, 01 Jan 2026 00:00:00 GMT");
}

TEST_F(SqsProxyTest, RefusesUntilItIsHealed) {
  proxy_.inject("*", {.times = SqsFault::kAlways});
  for (int i = 0; i < 3; ++i) EXPECT_THAT(codeOf(send("a")), HasSubstr("ServiceUnavailable"));
  proxy_.heal();
  EXPECT_EQ(codeOf(send("b")), "");
}

TEST_F(SqsProxyTest, LosesARequestOrItsReply) {
  proxy_.inject("SendMessage", {.how = How::LoseRequest});
  EXPECT_EQ(codeOf(send("a")), "no reply");
  proxy_.inject("SendMessage", {.how = How::LoseReply});
  EXPECT_EQ(codeOf(send("b")), "no reply");
  EXPECT_THAT(bodies(), ElementsAre("b"));
}

TEST_F(SqsProxyTest, CutsAReplyInItsBody) {
  proxy_.inject("SendMessage", {.how = How::CutReply});
  EXPECT_EQ(codeOf(send("a")), "no reply");
  EXPECT_THAT(bodies(), ElementsAre("a"));
}

TEST_F(SqsProxyTest, DelaysAnAnswer) {
  proxy_.inject("SendMessage", {.how = How::Delay, .delay = 100ms});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(codeOf(send("a")), "");
  EXPECT_GE(std::chrono::steady_clock::now() - start, 100ms);
}

TEST_F(SqsProxyTest, FailsSomeEntriesOfABatchAndPerformsTheOthers) {
  proxy_.inject(
      "SendMessageBatch",
      {.how = How::FailEntries, .code = "InternalError", .message = "later", .entries = {"1"}, .senderFault = false});
  const Json entries = {{{"Id", "0"}, {"MessageBody", "a"}}, {{"Id", "1"}, {"MessageBody", "b"}}};
  const auto answer = Json::parse(ask("SendMessageBatch", {{"Entries", entries}})->body);
  EXPECT_EQ(answer["Successful"][0]["Id"], "0");
  EXPECT_EQ(answer["Failed"],
            Json::parse(R"([{"Id": "1", "SenderFault": false, "Code": "InternalError", "Message": "later"}])"));
  EXPECT_THAT(bodies(), ElementsAre("a"));
}

TEST_F(SqsProxyTest, FailsAllEntriesOfABatch) {
  proxy_.inject("SendMessageBatch", {.how = How::FailEntries, .code = "X", .entries = {"0"}});
  const Json entries = {{{"Id", "0"}, {"MessageBody", "a"}}};
  const auto answer = Json::parse(ask("SendMessageBatch", {{"Entries", entries}})->body);
  EXPECT_THAT(answer["Successful"], IsEmpty());
  EXPECT_EQ(answer["Failed"].size(), 1U);
  EXPECT_THAT(bodies(), IsEmpty());
}

TEST_F(SqsProxyTest, DeliversMessagesTwice) {
  send("a");
  proxy_.inject("ReceiveMessage", {.how = How::Duplicate});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Json::parse(receive()->body)["Messages"][0]["Body"], "a");
  EXPECT_EQ(Json::parse(receive()->body), Json::object());
}

TEST_F(SqsProxyTest, HasATimeThatTheTestSets) {
  proxy_.shiftClock(301s);
  const auto late = send("a");
  EXPECT_THAT(codeOf(late), HasSubstr("InvalidSignatureException"));
  std::tm date{};
  ASSERT_NE(::strptime(late->header("Date").c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date), nullptr);
  EXPECT_NEAR(static_cast<double>(::timegm(&date) - std::time(nullptr)), 301, 60);
  proxy_.shiftClock(-240s);
  EXPECT_EQ(codeOf(send("b")), "");
}

TEST_F(SqsProxyTest, RequiresTheKeysOfTheTest) {
  proxy_.requireKeys({"AKID", "secret"});
  EXPECT_EQ(codeOf(send("a")), "");
  client_.emplace(proxy_, SqsKeys{"AKID", "wrong"});
  EXPECT_THAT(codeOf(send("b")), HasSubstr("InvalidSignatureException"));
  client_.emplace(proxy_, SqsKeys{"OTHER", "secret"});
  EXPECT_THAT(codeOf(send("c")), HasSubstr("UnrecognizedClientException"));
  EXPECT_THAT(bodies(), ElementsAre("a"));
}

TEST_F(SqsProxyTest, CarriesNothingWhileItIsFrozen) {
  send("a");
  proxy_.freeze();
  auto sending = std::async(std::launch::async, [&] { return send("b"); });
  EXPECT_EQ(sending.wait_for(50ms), std::future_status::timeout);
  EXPECT_THAT(bodies(), ElementsAre("a"));
  proxy_.thaw();
  EXPECT_EQ(codeOf(sending.get()), "");
}

TEST_F(SqsProxyTest, ClosesAllConnectionsAndTakesNewOnes) {
  send("a");
  proxy_.cut();
  EXPECT_EQ(codeOf(send("b")), "no reply");
  EXPECT_EQ(codeOf(send("c")), "");
  EXPECT_EQ(proxy_.connections(), 2);
  EXPECT_THAT(bodies(), ElementsAre("a", "c"));
}

TEST_F(SqsProxyTest, ClosesConnectionsWhileTheEmulatorDoesNotRun) {
  SqsServer server({.memory = SqsServer::Memory::Durable});
  SqsTestQueue queue(server);
  SqsProxy proxy(server);
  const Json body = {{"QueueUrl", queue.address()}, {"MessageBody", "a"}};
  EXPECT_EQ(codeOf(Client(proxy).ask("SendMessage", body)), "");
  server.kill();
  EXPECT_EQ(codeOf(Client(proxy).ask("SendMessage", body)), "no reply");
  server.start();
  EXPECT_EQ(codeOf(Client(proxy).ask("SendMessage", body)), "");
}

TEST_F(SqsProxyTest, EndsWhileAReceiveWaits) {
  auto proxy = std::make_unique<SqsProxy>(queue_.server());
  Client client(*proxy);
  auto waiting = std::async(std::launch::async, [&] {
    return client.ask("ReceiveMessage", {{"QueueUrl", queue_.address()}, {"WaitTimeSeconds", 20}});
  });
  ASSERT_TRUE(waitUntil([&] { return proxy->count("ReceiveMessage") == 1; }));
  proxy.reset();
  EXPECT_EQ(codeOf(waiting.get()), "no reply");
}

}  // namespace
}  // namespace leptir
