// A user's program for tests: tasks with results, and, with --wait as its first argument, an application that waits for
// tasks through leptir::Broker.
//
//   --wait CONFIG result ID SECONDS   prints the result, or "CODE: message"
//   --wait CONFIG many COUNT          pushes COUNT tasks, waits for each in a thread of its own and prints how many
//                                     succeeded; pushes further tasks meanwhile
#include <leptir/leptir.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using leptir::Json;
using leptir::TaskContext;

struct Numbers {
  int a = 0, b = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Numbers, a, b)

void addTasks(leptir::TaskRegistry& tasks) {
  tasks.add<Numbers>("add", [](const Numbers& numbers, TaskContext&) { return Json{{"sum", numbers.a + numbers.b}}; });
  tasks.add<Json>("refuse", [](const Json&, TaskContext& task) {
    task.addResponseLine("no such account");
    return leptir::ExitStatus::Error;
  });
  tasks.add<Json>("warn", [](const Json&, TaskContext&) { return leptir::ExitStatus::Warning; });
  tasks.add<Json>("give_up", [](const Json&, TaskContext& task) { task.discard("there is nothing to do"); });
  // Fails until it was run as often as `times` says.
  tasks.add<Json>("fails_first", [](const Json& parameters, TaskContext& task) -> Json {
    if (task.attempt() < parameters.at("times").get<int>()) throw leptir::TaskError("not yet");
    return Json{{"attempt", task.attempt()}};
  });
  // Runs until the file is there.
  tasks.add<Json>("until_file", [](const Json& parameters, TaskContext& task) {
    while (!std::ifstream(parameters.at("file").get<std::string>()) && !task.stopToken().stopRequested())
      std::this_thread::sleep_for(2ms);
  });
}

int printResult(leptir::Broker& broker, const std::string& id, double seconds) {
  const auto timeout = std::chrono::duration_cast<leptir::Duration>(std::chrono::duration<double>(seconds));
  const auto result = broker.result(id, timeout);
  if (result) {
    std::cout << *result << '\n';
  } else {
    std::cout << leptir::nameOf(result.error().code()) << ": " << result.error().message() << '\n';
  }
  return result ? 0 : 1;
}

int waitForMany(leptir::Broker& broker, int count) {
  std::vector<std::thread> threads;
  std::atomic<int> succeeded = 0;
  for (int i = 0; i < count; ++i) {
    const auto id = broker.push("add", {{"a", i}, {"b", 1}});
    if (!id) return std::cout << id.error().message() << '\n', 1;
    threads.emplace_back([&broker, &succeeded, i, id = *id] {
      const auto result = broker.result(id, 120s);
      if (!result) std::cerr << result.error().message() << '\n';
      succeeded += result && result->at("sum") == i + 1 ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  std::cout << succeeded << '\n';
  return succeeded == count ? 0 : 1;
}

int wait(const std::vector<std::string>& words) {
  const auto config = leptir::loadConfig(words.at(0));
  auto broker = config ? leptir::openBroker(*config) : leptir::Result<leptir::Broker>(config.error());
  if (!broker) return std::cout << broker.error().message() << '\n', 1;
  if (words.at(1) == "result") return printResult(*broker, words.at(2), std::stod(words.at(3)));
  return waitForMany(*broker, std::stoi(words.at(2)));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::strcmp(argv[1], "--wait") == 0) return wait({argv + 2, argv + argc});
  leptir::Program program;
  leptir::addTestTasks(program.tasks);
  addTasks(program.tasks);
  return leptir::runMain(argc, argv, program);
}
