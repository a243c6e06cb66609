#include "instance/metrics_pages.h"

#include <array>
#include <memory>
#include <string>

#include "instance/readiness.h"
#include "leptir/version.h"
#include "link/board_metrics.h"
#include "metrics/text.h"
#include "web/accept.h"

namespace leptir::instance {
namespace {

using metrics::TextFormat;

constexpr std::array<TextFormat, 2> kFormats = {TextFormat::Prometheus, TextFormat::OpenMetrics};
constexpr std::array<web::MediaType, 2> kMediaTypes = {
    {{"text/plain", "0.0.4"}, {"application/openmetrics-text", "1.0.0"}}};

// Making a page takes a millisecond or more: clients that ask for it again and again get the same one for a while.
constexpr Duration kPageLifetime = std::chrono::milliseconds(200);

// The newest text in each format. For use by one thread.
class MetricsTexts {
 public:
  MetricsTexts(const link::StatusBoard& board, const Clock& clock) : board_(board), clock_(clock) {}

  const std::string& in(std::size_t format) {
    auto& text = texts_[format];
    const auto now = clock_.bootTime();
    if (text.body.empty() || now - text.made >= kPageLifetime)
      text = {.made = now, .body = metrics::textOf(link::metricsOf(board_, clock_), kFormats[format])};
    return text.body;
  }

 private:
  struct Text {
    BootTime made{};
    std::string body{};
  };
  const link::StatusBoard& board_;
  const Clock& clock_;
  std::array<Text, kFormats.size()> texts_{};
};

web::Response metricsPage(const web::Request& request, MetricsTexts& texts) {
  const auto format = web::preferredForm(request.acceptHeader, kMediaTypes);
  return {.contentType = std::string(metrics::contentTypeOf(kFormats[format])),
          .body = texts.in(format),
          .headers = {{"Vary", "Accept"}}};
}

web::Response healthPage(const link::StatusBoard& board, const Clock& clock) {
  const auto readiness = readinessOf(board.snapshot(clock));
  return web::textResponse(readiness.ready ? 200 : 503, readiness.text());
}

web::Response listOfPages(const link::StatusBoard& board, const Clock& clock) {
  return {.body = "leptir " + std::string(kVersion) + ", instance " + board.snapshot(clock).session +
                  "\n\n/metrics  metrics in the text format of Prometheus, or as OpenMetrics where `Accept` asks for it"
                  "\n/healthz  200 while the instance is ready, else 503 and what it waits for\n"};
}

}  // namespace

web::Routes metricsPages(const link::StatusBoard& board, const Clock& clock) {
  web::Routes routes;
  routes.add("/metrics", [texts = std::make_shared<MetricsTexts>(board, clock)](const web::Request& request) {
    return metricsPage(request, *texts);
  });
  routes.add("/healthz", [&](const web::Request&) { return healthPage(board, clock); });
  routes.add("/", [&](const web::Request&) { return listOfPages(board, clock); });
  return routes;
}

}  // namespace leptir::instance
