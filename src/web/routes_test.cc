#include "web/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace leptir::web {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Routes routes() {
  Routes routes;
  routes.add("/", [](const Request&) { return Response{.body = "home"}; });
  routes.add("/metrics", [](const Request& request) { return Response{.body = "for " + request.acceptHeader}; });
  routes.add("/broken", [](const Request&) -> Response { throw std::runtime_error("no memory"); });
  return routes;
}

TEST(Routes, EachPathHasItsOwnAnswer) {
  EXPECT_EQ(routes().answer({"GET", "/", ""}).body, "home");
  EXPECT_EQ(routes().answer({"HEAD", "/metrics", "text/plain"}).body, "for text/plain");
  EXPECT_EQ(routes().answer({"GET", "/metrics", ""}).status, 200);
}

TEST(Routes, AnUnknownPathIs404WithTheKnownOnes) {
  for (const auto* path : {"/metrics/", "/METRICS", "", "metrics", "/../metrics", "/<script>"}) {
    const auto response = routes().answer({"GET", path, ""});
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body, "there is no such page; the pages are /, /broken, /metrics\n");
  }
}

TEST(Routes, AnyOtherMethodIs405AndSaysWhichAreAllowed) {
  for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", ""}) {
    const auto response = routes().answer({method, "/metrics", ""});
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_THAT(response.headers, ElementsAre(Pair("Allow", "GET, HEAD")));
  }
}

TEST(Routes, AHandlerThatThrowsIsAnErrorOfTheServer) {
  const auto response = routes().answer({"GET", "/broken", ""});
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, "the page cannot be made: no memory\n");
}

}  // namespace
}  // namespace leptir::web
