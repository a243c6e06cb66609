// Takes the place of metrics_server.cc where leptir is built without an HTTP server (LEPTIR_WEB=OFF).
#include "base/exit_code.h"
#include "instance/metrics_server.h"

namespace leptir::instance {

std::optional<std::string> whyNoMetricsServer(const Config& config) {
  if (config.metrics.listen.empty()) return std::nullopt;
  return "metrics are not served at " + config.metrics.listen +
         ", since this leptir was built without an HTTP server (LEPTIR_WEB=OFF): build it with LEPTIR_WEB=ON and "
         "libmicrohttpd, or remove 'metrics: listen'";
}

int runMetricsServer(const std::string&, link::StatusBoard&, Logger&, const std::function<void()>&) {
  return base::kExitConfigError;
}

}  // namespace leptir::instance
