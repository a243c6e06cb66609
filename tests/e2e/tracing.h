// For tests of tracing: a collector that keeps the spans that it gets, and an instance that sends them there.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <regex>
#include <string>
#include <vector>

#include "tests/e2e/installation.h"
#include "tests/support/http_server.h"

namespace leptir::e2e {

inline const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
inline const std::string kPusher = "b7ad6b7169203331";
inline const std::string kSampled = "00-" + kTrace + "-" + kPusher + "-01";

class SpanCollector {
 public:
  // All spans of the requests that came, also of those to which the answer was an error.
  std::vector<Json> spans() const {
    std::vector<Json> all;
    for (const auto& request : server.requests()) {
      const auto json = parseJson(request.body);
      EXPECT_TRUE(json) << request.body;
      if (!json) continue;
      for (const auto& resource : json->at("resourceSpans")) {
        EXPECT_TRUE(resource.at("resource").contains("attributes"));
        for (const auto& scope : resource.at("scopeSpans")) {
          EXPECT_EQ(scope.at("scope").at("name"), "leptir");
          for (const auto& span : scope.at("spans")) all.push_back(checked(span));
        }
      }
    }
    return all;
  }
  // Those about a task, in the order of their begin.
  std::vector<Json> spansOf(const std::string& id) const {
    auto all = spans();
    std::erase_if(all, [&](const Json& span) { return attribute(span, "messaging.message.id") != id; });
    std::ranges::stable_sort(all, {}, [](const Json& span) { return span["startTimeUnixNano"].get<std::string>(); });
    return all;
  }
  static Json attribute(const Json& span, const std::string& key) {
    for (const auto& each : span.at("attributes")) {
      if (each.at("key") == key) return *each.at("value").begin();
    }
    return {};
  }

  HttpServer server;

 private:
  // The form that the JSON of OTLP demands.
  static Json checked(const Json& span) {
    const std::regex trace("[0-9a-f]{32}"), id("[0-9a-f]{16}"), nanoseconds("[1-9][0-9]{18}");
    const auto matches = [&](const char* key, const std::regex& form) {
      return span.contains(key) && span[key].is_string() && std::regex_match(span[key].get<std::string>(), form);
    };
    EXPECT_TRUE(matches("traceId", trace) && matches("spanId", id)) << span;
    EXPECT_TRUE(!span.contains("parentSpanId") || matches("parentSpanId", id)) << span;
    EXPECT_TRUE(matches("startTimeUnixNano", nanoseconds) && matches("endTimeUnixNano", nanoseconds)) << span;
    EXPECT_LE(span["startTimeUnixNano"].get<std::string>(), span["endTimeUnixNano"].get<std::string>());
    EXPECT_TRUE(span.at("kind").is_number_integer() && span.at("name").is_string()) << span;
    for (const auto& attribute : span.at("attributes")) {
      EXPECT_TRUE(attribute.at("key").is_string() && attribute.at("value").size() == 1) << span;
      const auto& value = attribute.at("value");
      EXPECT_TRUE(value.contains("stringValue") || (value.contains("intValue") && value["intValue"].is_string()))
          << attribute;
    }
    return span;
  }
};

// The block of a configuration that sends spans to the server, with further keys.
inline std::string tracingTo(const std::string& endpoint, const std::string& more = "") {
  return "  tracing: { endpoint: '" + endpoint + "'" + more + " }\n";
}

}  // namespace leptir::e2e
