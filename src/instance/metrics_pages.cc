#include "instance/metrics_pages.h"

#include <array>

#include "instance/readiness.h"
#include "leptir/version.h"
#include "link/board_metrics.h"
#include "metrics/text.h"
#include "web/accept.h"

namespace leptir::instance {
namespace {

using metrics::TextFormat;

constexpr std::array<TextFormat, 2> kFormats = {TextFormat::Prometheus, TextFormat::OpenMetrics};
constexpr std::array<web::MediaType, 2> kForms = {{{"text/plain", "0.0.4"}, {"application/openmetrics-text", "1.0.0"}}};

web::Response metricsPage(const web::Request& request, const link::StatusBoard& board, const Clock& clock) {
  const auto format = kFormats[web::preferredForm(request.acceptHeader, kForms)];
  return {.contentType = std::string(metrics::contentTypeOf(format)),
          .body = metrics::textOf(link::metricsOf(board, clock), format),
          .headers = {{"Vary", "Accept"}}};
}

web::Response healthPage(const link::StatusBoard& board, const Clock& clock) {
  const auto readiness = readinessOf(board.snapshot(clock));
  return web::sentence(readiness.ready ? 200 : 503, readiness.text());
}

web::Response listOfPages(const link::StatusBoard& board, const Clock& clock) {
  return {.body = "leptir " + std::string(kVersion) + ", instance " + board.snapshot(clock).session +
                  "\n\n/metrics  metrics in the text format of Prometheus, or as OpenMetrics where `Accept` asks for it"
                  "\n/healthz  200 while the instance is ready, else 503 and what it waits for\n"};
}

}  // namespace

web::Routes metricsPages(const link::StatusBoard& board, const Clock& clock) {
  web::Routes routes;
  routes.add("/metrics", [&](const web::Request& request) { return metricsPage(request, board, clock); });
  routes.add("/healthz", [&](const web::Request&) { return healthPage(board, clock); });
  routes.add("/", [&](const web::Request&) { return listOfPages(board, clock); });
  return routes;
}

}  // namespace leptir::instance
