// For end-to-end tests: an instance that serves its metrics, and a client that reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/e2e/installation.h"
#include "tests/support/http_client.h"
#include "tests/support/server_process.h"

namespace leptir::e2e {

// None: no server answers there, or the connection ended before the reply did.
inline std::optional<HttpReply> get(int port, std::string_view path, std::string_view moreHeaders = "") {
  HttpClient client(port);
  if (!client.isOpen()) return std::nullopt;
  return client.ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" +
                    std::string(moreHeaders) + "\r\n");
}

class InstanceWithMetrics : public Installation {
 protected:
  InstanceWithMetrics() { listenAt("127.0.0.1:" + std::to_string(port)); }

  // Writes a configuration whose metrics are served there; empty: nowhere.
  void listenAt(const std::string& address) {
    writeConfig(defaultYaml(address.empty() ? "" : "  metrics: { listen: '" + address + "' }\n"));
  }
  // Whether the page comes to have this status.
  bool becomes(std::string_view path, int httpStatus) const {
    return eventually([&] {
      const auto reply = get(port, path);
      return reply && reply->status == httpStatus;
    });
  }
  pid_t serverPid() {
    const auto server = status().at("metricsServer");
    return server.is_null() ? 0 : server.at("pid").get<pid_t>();
  }

  const int port = freePort();
};

}  // namespace leptir::e2e
