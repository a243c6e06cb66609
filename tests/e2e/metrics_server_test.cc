// `metrics: listen`: the process that serves the metrics of an instance.
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/e2e/metrics_server.h"
#include "tests/support/local_port.h"

namespace leptir::e2e {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using MetricsServerTest = InstanceWithMetrics;

std::string textOfFile(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t countOf(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The bytes of all mappings that other processes see and that this process may write to. `maps` is that file of /proc.
std::size_t writableSharedBytes(const std::string& maps) {
  std::size_t bytes = 0;
  std::istringstream lines(maps);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" rw-s ") == line.npos) continue;
    const auto dash = line.find('-');
    bytes += std::stoull(line.substr(dash + 1), nullptr, 16) - std::stoull(line, nullptr, 16);
  }
  return bytes;
}

std::size_t linesWith(const std::string& text, std::initializer_list<std::string_view> parts) {
  std::size_t count = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    count += std::ranges::all_of(parts, [&](auto part) { return line.find(part) != line.npos; });
  return count;
}

TEST_F(MetricsServerTest, ServesEachFormThatAClientAsksFor) {
  const auto instance = start();
  ASSERT_TRUE(becomes("/metrics", 200)) << instance->output();
  const auto text = get(port, "/metrics");
  EXPECT_EQ(text->header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(text->body, AllOf(HasSubstr("\nleptir_up 1\n"), EndsWith("\n"), Not(HasSubstr("# EOF"))));
  const auto open = get(port, "/metrics", "Accept: application/openmetrics-text; version=1.0.0\r\n");
  EXPECT_EQ(open->header("Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_THAT(open->body, EndsWith("# EOF\n"));
  EXPECT_EQ(get(port, "/nothing")->status, 404);
  EXPECT_THAT(get(port, "/")->body, AllOf(StartsWith("leptir "), HasSubstr("/metrics"), HasSubstr("/healthz")));
}

TEST_F(MetricsServerTest, HealthzSaysWhetherTheInstanceIsReady) {
  const auto instance = start();
  ASSERT_TRUE(becomes("/healthz", 200)) << instance->output();
  EXPECT_EQ(get(port, "/healthz")->body, "ready: running as " + std::to_string(instance->pid()) + "\n");
  push({"sleep", "seconds:=3"});
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 1; }));
  instance->signal(SIGTERM);
  ASSERT_TRUE(becomes("/healthz", 503)) << "it goes on while the instance stops";
  EXPECT_THAT(get(port, "/healthz")->body, HasSubstr("not ready: stopping as "));
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_FALSE(HttpClient(port).isOpen()) << "it has ended with its instance";
}

TEST_F(MetricsServerTest, StatusShowsIt) {
  const auto instance = start();
  ASSERT_TRUE(becomes("/metrics", 200)) << instance->output();
  const auto server = status().at("metricsServer");
  EXPECT_EQ(server.at("address"), "127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(server.at("listening"), true);
  EXPECT_EQ(server.at("problem"), nullptr);
  EXPECT_THAT(leptir({"status"}).out, HasSubstr("metrics: served at 127.0.0.1:" + std::to_string(port) +
                                                " by process " + std::to_string(server.at("pid").get<int>())));
}

TEST_F(MetricsServerTest, ANewOneTakesThePlaceOfAKilledOneAndTasksAreUndisturbed) {
  const auto instance = start();
  ASSERT_TRUE(becomes("/healthz", 200)) << instance->output();
  const auto task = push({"sleep", "seconds:=2"});
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 1; }));
  const auto before = status();
  const auto killed = serverPid();
  ASSERT_GT(killed, 0);
  ::kill(killed, SIGKILL);
  ASSERT_TRUE(eventually([&] { return serverPid() > 0 && serverPid() != killed; }));
  EXPECT_TRUE(becomes("/metrics", 200));
  EXPECT_TRUE(eventually([&] { return hasSucceeded(task); }));
  EXPECT_EQ(info(task).value("attempts", 1), 1);
  const auto workers = [](const Json& status) {
    std::vector<int> pids;
    for (const auto& worker : status.at("workers")) pids.push_back(worker.at("pid").get<int>());
    return pids;
  };
  EXPECT_EQ(workers(status()), workers(before)) << "no worker was replaced";
}

TEST_F(MetricsServerTest, AnAddressInUseIsToldOnceAndTriedAgain) {
  auto other = std::make_unique<LocalPort>(port);
  ASSERT_TRUE(other->take());
  const auto instance = start();
  const auto problem = [&] {
    const auto server = status().at("metricsServer");
    return server.is_null() || server.at("problem").is_null() ? "" : server.at("problem").get<std::string>();
  };
  ASSERT_TRUE(eventually([&] { return !problem().empty(); })) << instance->output();
  EXPECT_THAT(problem(), HasSubstr("cannot listen at 127.0.0.1:" + std::to_string(port) + ": address already in use"));
  const auto task = push({"noop"});
  EXPECT_TRUE(eventually([&] { return hasSucceeded(task); })) << "the instance runs on";
  other.reset();
  EXPECT_TRUE(becomes("/metrics", 200)) << instance->output();
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(countOf(instance->output(), "Metrics cannot be served"), 1u) << instance->output();
}

TEST_F(MetricsServerTest, AReloadAddsMovesAndRemovesIt) {
  const int moved = freePort();
  listenAt("");
  const auto instance = start();
  waitUntilRunning();
  EXPECT_TRUE(status().at("metricsServer").is_null());
  listenAt("127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(leptir({"reload"}).exit, 0);
  ASSERT_TRUE(becomes("/metrics", 200)) << instance->output();
  listenAt("127.0.0.1:" + std::to_string(moved));
  EXPECT_EQ(leptir({"reload"}).exit, 0);
  ASSERT_TRUE(eventually([&] { return get(moved, "/metrics").has_value(); })) << instance->output();
  EXPECT_FALSE(HttpClient(port).isOpen());
  listenAt("");
  EXPECT_EQ(leptir({"reload"}).exit, 0);
  EXPECT_TRUE(eventually([&] { return !HttpClient(moved).isOpen(); })) << instance->output();
  EXPECT_TRUE(eventually([&] { return status().at("metricsServer").is_null(); }));
}

TEST_F(MetricsServerTest, OpensTheLogAgainAtUsr1) {
  const auto log = folder / "leptir.log", rotated = folder / "leptir.log.1";
  const auto instance = start();
  ASSERT_TRUE(becomes("/healthz", 200)) << instance->output();
  const auto server = serverPid();
  const auto holds = [server](const fs::path& file) {
    std::error_code gone;
    return std::ranges::any_of(fs::directory_iterator("/proc/" + std::to_string(server) + "/fd"),
                               [&](const auto& entry) { return fs::read_symlink(entry.path(), gone) == file; });
  };
  ASSERT_TRUE(holds(log));
  fs::rename(log, rotated);
  ASSERT_TRUE(holds(rotated));
  instance->signal(SIGUSR1);
  EXPECT_TRUE(eventually([&] { return holds(log) && !holds(rotated); }));
  EXPECT_EQ(serverPid(), server) << "it lives on";
  EXPECT_TRUE(becomes("/metrics", 200));
}

// It reads what strangers send: a mistake there must not reach tasks, stores and the other processes.
TEST_F(MetricsServerTest, HoldsNoStoreAndCanWriteNoSharedMemory) {
  const auto instance = start();
  ASSERT_TRUE(becomes("/metrics", 200)) << instance->output();
  const auto pid = serverPid();
  ASSERT_GT(pid, 0);
  const auto folderOfProcess = fs::path("/proc") / std::to_string(pid);
  EXPECT_EQ(textOfFile(folderOfProcess / "comm"), "leptir-metrics\n");
  const auto maps = textOfFile(folderOfProcess / "maps");
  EXPECT_EQ(linesWith(maps, {"leptir-board", " r--s "}), 1u) << maps;
  // What is left are counters of the log, and of a library: the slots of two workers are some megabytes.
  EXPECT_LT(writableSharedBytes(maps), 64u << 10) << maps;
  std::string descriptors;
  for (const auto& entry : fs::directory_iterator(folderOfProcess / "fd")) {
    std::error_code gone;
    const auto target = fs::read_symlink(entry.path(), gone).string();
    descriptors += target + "\n";
    const bool isStore = target.find("leptir.db") != target.npos;
    const bool isShared = target.find("memfd:") != target.npos || target.find("eventfd") != target.npos;
    EXPECT_FALSE(isStore || isShared) << target;
  }
  EXPECT_EQ(countOf(descriptors, "socket:"), 1u) << "the one that it listens on: " << descriptors;
}

TEST_F(MetricsServerTest, HalfARequestAndAThousandIdleConnectionsKeepNoScrapeOut) {
  const auto instance = start();
  ASSERT_TRUE(becomes("/metrics", 200)) << instance->output();
  const HttpClient slow(port);
  ASSERT_EQ(::send(slow.descriptor(), "GET /met", 8, MSG_NOSIGNAL), 8);
  std::vector<std::unique_ptr<HttpClient>> idle;
  for (int i = 0; i < 900; ++i) idle.push_back(std::make_unique<HttpClient>(port));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(get(port, "/metrics"));
}

TEST_F(MetricsServerTest, AUnixSocketServesToo) {
  listenAt("unix:" + (folder / "metrics.sock").string());
  const auto instance = start();
  EXPECT_TRUE(eventually([&] {
    const auto server = status().at("metricsServer");
    return !server.is_null() && server.at("listening") == true;
  })) << instance->output();
  EXPECT_TRUE(fs::is_socket(folder / "metrics.sock"));
  listenAt("127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(leptir({"reload"}).exit, 0);
  EXPECT_TRUE(becomes("/metrics", 200)) << instance->output();
  EXPECT_FALSE(fs::exists(folder / "metrics.sock")) << "the socket of the server before is removed";
}

TEST_F(MetricsServerTest, CheckSaysWhereMetricsAreServedAndWarnsOfOtherMachines) {
  EXPECT_THAT(leptir({"check"}).out,
              HasSubstr("metrics: served at http://127.0.0.1:" + std::to_string(port) + "/metrics\n"));
  listenAt("0.0.0.0:" + std::to_string(port));
  EXPECT_THAT(leptir({"check"}).out, HasSubstr("/metrics, also for other machines: names of tasks and brokers"));
  listenAt("127.0.0.1");
  const auto refused = leptir({"check"});
  EXPECT_EQ(refused.exit, 78);
  EXPECT_THAT(refused.err, HasSubstr("'listen' of 'metrics' must be an address to listen at"));
}

}  // namespace
}  // namespace leptir::e2e
