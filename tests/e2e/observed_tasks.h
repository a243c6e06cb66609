// Fixture of the tests that look at running tasks from outside: logging_program.cc, on SQLite or on a redis-server.
#pragma once

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/installation.h"
#include "tests/support/folders.h"
#ifdef LEPTIR_REDIS
#include "tests/support/redis_server.h"
#endif

namespace leptir::e2e {

class ObservedTasks : public Installation, public ::testing::WithParamInterface<std::string> {
 protected:
  ObservedTasks() {
    program = buildFolder() / "logging_program";
    writeConfig(yaml());
  }

  // `tasks`: lines below the key `tasks`.
  std::string yaml(const std::string& tasks = "") {
    const auto store = GetParam() == "sqlite"
                           ? "type: sqlite, connection: { path: " + (folder / "leptir.db").string() + " }"
                           : redis();
    return "leptir:\n  brokers: [ { name: local, " + store + " } ]\n  meta_storage: [ { " + store +
           ", configuration: { expire_after_seconds: 86400 } } ]\n  loggers:\n    stdoutlog: { type: stdout }\n"
           "  daemon: { configuration: { number_of_workers: 2, kill_grace: 0.2 } }\n" +
           tasks;
  }

  std::string gate() const { return folder / "gate"; }
  std::string untilGate() const { return "file=" + gate(); }
  void openGate() const { std::ofstream file(gate()); }

  Json log(const std::string& id, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"logs", id, "--json"});
    return leptir(std::move(more)).json();
  }
  // The texts of all lines.
  static std::vector<std::string> texts(const Json& log) {
    std::vector<std::string> texts;
    for (const auto& line : log.at("lines")) texts.push_back(line.at("text"));
    return texts;
  }
  bool hasLogged(const std::string& id, std::size_t lines) {
    const auto answer = leptir({"logs", id, "--json"});
    return answer.exit == 0 && answer.json().at("lines").size() >= lines;
  }
  // Whether an instance has told of it in its card.
  bool isShownAsRunning(const std::string& id) {
    const auto all = leptir({"instances", "--running", "--json"}).json().at("instances");
    return all.dump().find('"' + id + '"') != std::string::npos;
  }

  // A machine of another name: there, nothing of the instance's memory is looked at.
  static bool canPretendToBeElsewhere() { return std::system("unshare --uts true 2>/dev/null") == 0; }
  CommandResult elsewhere(std::vector<std::string> arguments) {
    std::string command = "hostname elsewhere; exec " + program;
    arguments.insert(arguments.begin() + 1, "--config=" + config.string());
    for (const auto& argument : arguments) command += " '" + argument + "'";
    const auto own = std::exchange(program, "/usr/bin/unshare");
    auto answer = run({"--uts", "sh", "-c", command});
    program = own;
    return answer;
  }

 private:
  std::string redis() {
#ifdef LEPTIR_REDIS
    if (!redis_) redis_ = std::make_unique<RedisServer>();
    return "type: redis, connection: { scheme: unix, path: " + redis_->socket() + " }";
#else
    return "";
#endif
  }

#ifdef LEPTIR_REDIS
  std::unique_ptr<RedisServer> redis_;
#endif
};

inline std::vector<std::string> storesOfObservedTasks() {
#ifdef LEPTIR_REDIS
  return {"sqlite", "redis"};
#else
  return {"sqlite"};
#endif
}

}  // namespace leptir::e2e
