// For the tests of this module: backends that open nothing, and short ways to read a configuration.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_reader.h"

namespace leptir::config {

// Has the given connection keys and opens nothing.
class FakeBackend : public Backend {
 public:
  FakeBackend(std::string_view type, std::vector<ConfigKey> keys, std::optional<Duration> expiry)
      : type_(type), keys_(std::move(keys)), expiry_(expiry) {}

  std::string_view type() const override { return type_; }
  std::span<const ConfigKey> brokerConnectionKeys() const override { return keys_; }
  std::span<const ConfigKey> metaConnectionKeys() const override { return keys_; }
  Result<std::unique_ptr<SimpleBroker>> openBroker(const Json&, BrokerUse) override { return unsupported(); }
  Result<std::unique_ptr<SimpleMetaStorage>> openMetaStorage(const Json&, std::optional<Duration>, MetaUse) override {
    return unsupported();
  }
  std::optional<Duration> defaultExpiry() const override { return expiry_; }
  std::string storeLocation(const Json&) const override { return {}; }
  std::optional<std::filesystem::path> sessionLockFile(const Json&, std::string_view) const override { return {}; }

 private:
  static Error unsupported() { return Error(ErrorCode::Unsupported, "opens nothing"); }

  std::string_view type_;
  std::vector<ConfigKey> keys_;
  std::optional<Duration> expiry_;
};

inline Backends fakeBackends() {
  using Type = ConfigKey::Type;
  std::vector<std::unique_ptr<Backend>> all;
  all.push_back(std::make_unique<FakeBackend>(
      "sqlite", std::vector<ConfigKey>{{"path", Type::Path, nullptr, "the file"}}, std::chrono::hours(24 * 7)));
  all.push_back(
      std::make_unique<FakeBackend>("server",
                                    std::vector<ConfigKey>{{"host", Type::Text, "localhost", "where it runs"},
                                                           {"port", Type::Integer, 6379, "its port"},
                                                           {"weight", Type::Number, 0.5, "a number"},
                                                           {"tls", Type::Boolean, false, "whether it is encrypted"},
                                                           {"password", Type::Text, "", "a secret"},
                                                           {"options", Type::Map, Json::object(), "what else"}},
                                    std::nullopt));
  return Backends(std::move(all));
}

inline Result<Config> readYaml(std::string_view text) {
  return readConfig(text, "/etc/leptir.yaml", fakeBackends());
}
inline Result<Config> readJsonConfig(std::string_view text) {
  return readConfig(text, "/etc/leptir.json", fakeBackends());
}

// All errors of a text, without the file's name; empty if there are none.
inline std::string errorsIn(std::string_view text, const std::filesystem::path& file = "/f.yaml") {
  const auto config = readConfig(text, file, fakeBackends());
  if (config) return "";
  std::string message = config.error().message();
  const auto prefix = file.string() + ":";
  for (auto at = message.find(prefix); at != std::string::npos; at = message.find(prefix))
    message.erase(at, prefix.size());
  return message;
}

// Puts a valid broker above `text`, so that a test can be about another section; `text` begins in line 2.
inline std::string withBroker(std::string_view text) {
  return "brokers: [{type: server}]\n" + std::string(text);
}

}  // namespace leptir::config
