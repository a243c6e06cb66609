#include "web/accept.h"

#include <gtest/gtest.h>

#include <array>

namespace leptir::web {
namespace {

constexpr std::array<MediaType, 2> kMediaTypes = {{{"text/plain", "0.0.4"}, {"application/openmetrics-text", "1.0.0"}}};
constexpr std::size_t kText = 0, kOpenMetrics = 1;

std::size_t preferred(std::string_view accept) {
  return preferredForm(accept, kMediaTypes);
}

TEST(Accept, TheFirstFormIsForClientsThatAskForNothingOrForNoneOfThem) {
  for (const auto* accept : {"", "*/*", "text/html", "text/*", ",", ";q=1", "application/openmetrics-text;q=0",
                             "application/openmetrics-text;version=2.0.0"})
    EXPECT_EQ(preferred(accept), kText) << accept;
}

TEST(Accept, AFormThatAClientAsksForIsTaken) {
  for (const auto* accept : {"application/openmetrics-text", "application/openmetrics-text; version=1.0.0",
                             "Application/OpenMetrics-Text;charset=utf-8", "text/html, application/*;q=0.3"})
    EXPECT_EQ(preferred(accept), kOpenMetrics) << accept;
}

TEST(Accept, TheHigherQualityCounts) {
  EXPECT_EQ(preferred("text/plain;q=0.5, application/openmetrics-text;q=0.75"), kOpenMetrics);
  EXPECT_EQ(preferred("text/plain;q=0.8,application/openmetrics-text;q=0.75"), kText);
  EXPECT_EQ(preferred("text/plain;version=0.0.4;q=0.5,*/*;q=0.1"), kText);
  EXPECT_EQ(preferred("*/*;q=0.9,text/plain;q=0.1"), kOpenMetrics) << "the closest range counts, not the best one";
}

// What Prometheus 2.42 sends.
TEST(Accept, PrometheusGetsOpenMetrics) {
  EXPECT_EQ(preferred("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            kOpenMetrics);
}

TEST(Accept, WhatIsNoQualityCountsAsNotWanted) {
  for (const auto* quality : {"x", "-1", "2", "0.1x", "0,5", "0.12345", ""})
    EXPECT_EQ(preferred(std::string("text/plain;q=0.1,application/openmetrics-text;q=") + quality), kText) << quality;
}

}  // namespace
}  // namespace leptir::web
