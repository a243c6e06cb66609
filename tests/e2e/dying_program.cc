// A user's program for tests: tasks that crash in different ways, tasks that report limits or memory of their worker,
// and tasks that ask for a retry or discard themselves.
#include <sys/resource.h>
#include <unistd.h>

#include <leptir/leptir.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/support/dying_tasks.h"
#include "tests/support/find_in_memory.h"

namespace {

using leptir::Json;
using leptir::TaskContext;

long limitOf(int resource) {
  rlimit limit{};
  ::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
  return static_cast<long>(limit.rlim_cur);
}

class ManyFields final : public leptir::BaseTask {
  leptir::ExitStatus doJob() override { return leptir::ExitStatus::Success; }
  Json getAdditionalMetaInfo() override {
    Json fields = Json::object();
    for (int i = 0; i < getInt("count"); ++i) fields["field" + std::to_string(i)] = i;
    return fields;
  }
};

void addTellingTasks(leptir::TaskRegistry& tasks) {
  tasks.add<Json>("limits", [](const Json&, TaskContext& task) {
    for (const int resource : {RLIMIT_AS, RLIMIT_CPU, RLIMIT_NOFILE, RLIMIT_FSIZE})
      task.addResponseLine(std::to_string(limitOf(resource)));
    task.addResponseLine(std::to_string(::getpriority(PRIO_PROCESS, 0)));
  });
  tasks.add<Json>("search_memory", [](const Json& parameters, TaskContext& task) {
    auto text = parameters.at("first").get<std::string>();
    text.append(parameters.at("second").get<std::string>());
    task.addResponseLine(std::to_string(leptir::findInMemory(text)));
  });
  tasks.add<ManyFields>("many_fields");
  // Leaks memory. Sleeps 110 ms, since the memory of workers is measured ten times a second.
  tasks.add<Json>("leak", [](const Json&, TaskContext& task) {
    static std::vector<std::vector<char>> kept;
    kept.emplace_back(std::size_t{16} << 20, 'x');
    std::this_thread::sleep_for(std::chrono::milliseconds(110));
    task.addResponseLine(std::to_string(::getpid()));
  });
  tasks.add<Json>("later", [](const Json& parameters, TaskContext& task) {
    const std::filesystem::path file = parameters.at("file").get<std::string>();
    if (std::filesystem::exists(file)) return leptir::ExitStatus::Success;
    std::ofstream(file) << task.attempt();
    return task.retryAfter(std::chrono::milliseconds(500), "the other side is busy");
  });
  tasks.add<Json>("discarded", [](const Json&, TaskContext& task) { return task.discard("the account is gone"); });
}

}  // namespace

int main(int argc, char** argv) {
  if (const char* text = std::getenv("LEPTIR_TEST_PRINTS")) std::printf("%s\n", text);
  leptir::Program program;
  leptir::addTestTasks(program.tasks);
  for (const auto& [name, deed] : leptir::waysToDie()) {
    program.tasks.add<leptir::Json>(name, [deed = deed](const leptir::Json&, leptir::TaskContext&) { deed(); });
  }
  addTellingTasks(program.tasks);
  return leptir::runMain(argc, argv, program);
}
