#include "web/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <random>

#include "tests/support/wait_until.h"
#include "web/server_fixture.h"

namespace leptir::web {
namespace {

using ::testing::AnyOf;
using namespace std::chrono_literals;

Routes pages() {
  Routes routes;
  routes.add("/page",
             [](const Request& request) { return Response{.body = "asked for " + request.acceptHeader + "\n"}; });
  routes.add("/large", [](const Request&) { return Response{.body = std::string(2'000'000, 'x')}; });
  // More than the kernel takes from the server for a client that reads nothing.
  routes.add("/huge", [](const Request&) { return Response{.body = std::string(40'000'000, 'x')}; });
  return routes;
}

// Sends bytes without waiting for an answer.
void sendBytes(const HttpClient& client, std::string_view bytes) {
  ::send(client.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// Whether the server ends the connection, after any bytes.
bool isEnded(const HttpClient& client) {
  return waitUntil([&] {
    char bytes[4096];
    pollfd readable{client.descriptor(), POLLIN, 0};
    return ::poll(&readable, 1, 10) > 0 && ::recv(client.descriptor(), bytes, sizeof bytes, 0) <= 0;
  });
}

TEST(Server, AnswersSeveralRequestsOfOneConnection) {
  const RunningServer server(pages());
  HttpClient client(server.port);
  for (int i = 0; i < 3; ++i) {
    const auto reply = client.ask(requestOf("GET", "/page?a=b", "Accept: text/plain\r\n"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "asked for text/plain\n");
    EXPECT_EQ(reply->header("Content-Length"), std::to_string(reply->body.size()));
    EXPECT_EQ(reply->header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(reply->header("Cache-Control"), "no-store");
  }
}

TEST(Server, AnswersARequestThatNamesThePageByItsWholeUrl) {
  const RunningServer server(pages());
  for (const auto* target : {"http://example.org/page", "http://example.org:80/page?a=b", "https://[::1]/page"}) {
    const auto reply = HttpClient(server.port).ask(requestOf("GET", target));
    ASSERT_TRUE(reply) << target;
    EXPECT_EQ(reply->status, 200) << target;
  }
  EXPECT_EQ(HttpClient(server.port).ask(requestOf("GET", "http://example.org"))->status, 404)
      << "the root, which has no page here";
}

TEST(Server, AHeadHasTheLengthAndNoBody) {
  const RunningServer server(pages());
  HttpClient client(server.port);
  sendBytes(client, requestOf("HEAD", "/page", "Connection: close\r\n"));
  std::string all;
  char bytes[4096];
  for (ssize_t got = 0; (got = ::recv(client.descriptor(), bytes, sizeof bytes, 0)) > 0;)
    all.append(bytes, static_cast<std::size_t>(got));
  EXPECT_THAT(all, ::testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(all, ::testing::HasSubstr("Content-Length: 11\r\n"));
  EXPECT_TRUE(all.ends_with("\r\n\r\n")) << all;
}

TEST(Server, AnUnknownPathIs404AndAnotherMethod405) {
  const RunningServer server(pages());
  HttpClient client(server.port);
  EXPECT_EQ(client.ask(requestOf("GET", "/nothing"))->status, 404);
  const auto refused = HttpClient(server.port).ask(requestOf("DELETE", "/page"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 405);
  EXPECT_EQ(refused->header("Allow"), "GET, HEAD");
}

TEST(Server, ABodyIsRefusedUnread) {
  const RunningServer server(pages());
  for (const auto* header : {"Content-Length: 1000000000\r\n", "Transfer-Encoding: chunked\r\n",
                             "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"}) {
    for (const auto* method : {"GET", "POST"}) {
      HttpClient client(server.port);
      const auto reply = client.ask(requestOf(method, "/page", header));
      ASSERT_TRUE(reply) << method << " " << header;
      EXPECT_THAT(reply->status, AnyOf(std::string_view(method) == "GET" ? 413 : 405, 400)) << method << " " << header;
      EXPECT_TRUE(isEnded(client)) << method << " " << header;
    }
  }
}

TEST(Server, HalfARequestHoldsUpNoOtherClientAndIsHungUp) {
  const RunningServer server(pages(), {.firstRequest = 300ms});
  const HttpClient slow(server.port);
  sendBytes(slow, "GET /page HT");
  HttpClient other(server.port);
  EXPECT_EQ(other.ask(requestOf("GET", "/page"))->status, 200);
  EXPECT_TRUE(isEnded(slow));
}

TEST(Server, AClientThatReadsNothingHoldsUpNoOtherClientAndIsHungUp) {
  const RunningServer server(pages(), {.response = 300ms});
  const HttpClient deaf(server.port);
  for (int i = 0; i < 4; ++i) sendBytes(deaf, requestOf("GET", "/large"));
  HttpClient other(server.port);
  EXPECT_EQ(other.ask(requestOf("GET", "/page"))->status, 200);
  EXPECT_TRUE(waitUntil([&] { return server.connections <= 1; }));
}

TEST(Server, APageThatIsReadOrWhoseClientIsGoneUsesNoMemory) {
  const RunningServer server(pages());
  {
    const HttpClient deaf(server.port);
    sendBytes(deaf, requestOf("GET", "/huge"));
    EXPECT_TRUE(waitUntil([&] { return server.pageBytesInFlight >= 40'000'000; }));
  }
  EXPECT_TRUE(waitUntil([&] { return server.pageBytesInFlight == 0; })) << server.pageBytesInFlight;
  HttpClient client(server.port);
  EXPECT_EQ(client.ask(requestOf("GET", "/large"))->body.size(), 2'000'000u);
  EXPECT_TRUE(waitUntil([&] { return server.pageBytesInFlight == 0; })) << server.pageBytesInFlight;
}

TEST(Server, PagesBeyondTheLimitOfMemoryAre503UntilOtherPagesAreTaken) {
  const RunningServer server(pages(), {.pageBytesInFlight = 41'000'000});
  HttpClient client(server.port);
  {
    const HttpClient deaf(server.port);
    sendBytes(deaf, requestOf("GET", "/huge"));
    ASSERT_TRUE(waitUntil([&] { return server.pageBytesInFlight >= 40'000'000; }));
    const auto refused = client.ask(requestOf("GET", "/large"));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 503);
    EXPECT_EQ(refused->header("Retry-After"), "1");
    EXPECT_THAT(refused->body, ::testing::HasSubstr("ask again later"));
    EXPECT_EQ(client.ask(requestOf("GET", "/page"))->status, 200) << "a small page is sent nevertheless";
  }
  EXPECT_TRUE(waitUntil([&] { return server.pageBytesInFlight == 0; })) << server.pageBytesInFlight;
  EXPECT_EQ(client.ask(requestOf("GET", "/large"))->status, 200);
}

TEST(Server, MoreConnectionsThanTheLimitKeepNoClientOut) {
  const RunningServer server(pages(), {.connections = 8});
  std::vector<std::unique_ptr<HttpClient>> idle;
  for (int i = 0; i < 50; ++i) {
    idle.push_back(std::make_unique<HttpClient>(server.port));
    HttpClient client(server.port);
    const auto reply = client.ask(requestOf("GET", "/page", "Connection: close\r\n"));
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->status, 200);
  }
  EXPECT_TRUE(waitUntil([&] { return server.connections <= 8; })) << server.connections;
}

TEST(Server, AThousandConnectionsStayOpen) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 2200) GTEST_SKIP() << "this process may open too few descriptors";
  const RunningServer server(pages());
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back(std::make_unique<HttpClient>(server.port));
  for (auto& client : clients) {
    const auto reply = client->ask(requestOf("GET", "/page"));
    ASSERT_TRUE(reply);
    ASSERT_EQ(reply->status, 200);
  }
  EXPECT_TRUE(waitUntil([&] { return server.connections == 1000; })) << server.connections;
}

TEST(Server, GarbageEndsItsOwnConnectionOnly) {
  const RunningServer server(pages(), {.firstRequest = 300ms});
  std::mt19937 random(17);
  for (int i = 0; i < 50; ++i) {
    std::string bytes(1 + random() % 3000, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    const HttpClient client(server.port);
    sendBytes(client, bytes);
    if (i % 10 == 0) {
      EXPECT_TRUE(isEnded(client));
    }
  }
  HttpClient client(server.port);
  EXPECT_EQ(client.ask(requestOf("GET", "/page"))->status, 200);
}

TEST(Server, HeadersOfAnySizeAreRefused) {
  const RunningServer server(pages());
  HttpClient client(server.port);
  const auto refused = client.ask(requestOf("GET", "/page", "X-Large: " + std::string(100'000, 'x') + "\r\n"));
  if (refused) {
    EXPECT_THAT(refused->status, AnyOf(431, 413, 400));
  }
  EXPECT_TRUE(!refused || isEnded(client));
  HttpClient longPath(server.port);
  const auto tooLong = longPath.ask(requestOf("GET", "/" + std::string(100'000, 'x')));
  if (tooLong) {
    EXPECT_THAT(tooLong->status, AnyOf(414, 431, 400));
  }
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  HttpClient manyHeaders(server.port);
  const auto tooMany = manyHeaders.ask(requestOf("GET", "/page", many));
  if (tooMany) {
    EXPECT_THAT(tooMany->status, AnyOf(431, 413, 400));
  }
  HttpClient other(server.port);
  EXPECT_EQ(other.ask(requestOf("GET", "/page"))->status, 200);
}

}  // namespace
}  // namespace leptir::web
