#include "tests/e2e/prometheus.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/e2e/metrics_server.h"

namespace leptir::e2e {
namespace {

std::string percentEncoded(std::string_view text) {
  std::string encoded;
  for (const unsigned char c : text) encoded += fmt::format("%{:02X}", c);
  return encoded;
}

}  // namespace

bool Prometheus::isInstalled() {
  return std::system("command -v prometheus >/dev/null 2>&1") == 0;
}

Prometheus::Prometheus(int scrapedPort, const std::filesystem::path& rules) {
  const auto config =
      folder_.write("prometheus.yml", fmt::format("global: {{ scrape_interval: 1s, scrape_timeout: 1s, "
                                                  "evaluation_interval: 1s }}\n"
                                                  "rule_files: [ '{}' ]\n"
                                                  "scrape_configs:\n"
                                                  "  - job_name: leptir\n"
                                                  "    static_configs: [ {{ targets: [ '127.0.0.1:{}' ] }} ]\n",
                                                  rules.string(), scrapedPort));
  process_.start(
      {.words = {"prometheus", "--config.file=" + config.string(), "--storage.tsdb.path=" + (folder_ / "data").string(),
                 "--web.listen-address=127.0.0.1:" + std::to_string(port_)},
       .log = folder_ / "log"});
}

bool Prometheus::isReady() const {
  const auto reply = get(port_, "/-/ready");
  return reply && reply->status == 200;
}

Json Prometheus::ask(const std::string& path, const std::string& query) const {
  const auto reply = get(port_, path + (query.empty() ? "" : "?query=" + percentEncoded(query)));
  if (!reply) return nullptr;
  const auto answer = parseJson(reply->body);
  if (answer && answer->value("status", "") == "success") return answer->at("data");
  ADD_FAILURE() << path << " " << query << ": " << reply->body;
  return nullptr;
}

Json Prometheus::samplesOf(const std::string& expression) const {
  const auto data = ask("/api/v1/query", expression);
  return data.is_null() ? Json::array() : data.at("result");
}

}  // namespace leptir::e2e
