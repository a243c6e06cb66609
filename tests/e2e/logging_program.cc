// A user's program for tests: tasks that log, and tasks whose stack is looked at.
#include <leptir/leptir.h>

#include <sys/prctl.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

namespace observed {

using namespace std::chrono_literals;
using leptir::Json;
using leptir::TaskContext;

bool exists(const Json& parameters) {
  return static_cast<bool>(std::ifstream(parameters.at("file").get<std::string>()));
}

void waitForFile(const Json& parameters, const TaskContext& task) {
  while (!exists(parameters) && !task.stopToken().stopRequested()) std::this_thread::sleep_for(2ms);
}

// Volatile, so that the loops stay.
std::atomic<std::uint64_t> rounds = 0;

[[gnu::noinline]] std::uint64_t computeTheAnswer(const std::atomic<bool>& isOver) {
  while (!isOver) ++rounds;
  return rounds;
}

[[gnu::noinline]] std::uint64_t askForTheAnswer(const std::atomic<bool>& isOver) {
  const auto answer = computeTheAnswer(isOver);
  rounds = answer + 1;
  return rounds;
}

// Runs in a known function until the file is there.
void compute(const Json& parameters, TaskContext& task) {
  std::atomic<bool> isOver = false;
  std::thread watch([&] {
    ::prctl(PR_SET_NAME, "watch");
    waitForFile(parameters, task);
    isOver = true;
  });
  askForTheAnswer(isOver);
  watch.join();
}

void logAndWait(const Json& parameters, TaskContext& task) {
  task.logInfo("the first line");
  task.logWarning("a line\nand another one, with \x1b[31mcolours\x1b[0m");
  task.logError("not UTF-8: caf\xe9");
  task.logDebug("a line for debugging");
  waitForFile(parameters, task);
  task.logInfo("the last line");
}

void logMany(const Json& parameters, TaskContext& task) {
  for (int i = 0; i < parameters.at("lines").get<int>(); ++i)
    task.logInfo("line " + std::to_string(i) + " of many, with some text that makes it longer than it needs to be");
}

void logAndFail(const Json& parameters, TaskContext& task) {
  task.logInfo("this is attempt " + std::to_string(task.attempt()));
  if (task.attempt() < parameters.value("times", 1'000)) throw leptir::TaskError("not yet");
}

// Fails in its first attempt, and waits in the others.
void logAndWaitInARetry(const Json& parameters, TaskContext& task) {
  task.logInfo("this is attempt " + std::to_string(task.attempt()));
  if (task.attempt() == 1) throw leptir::TaskError("not yet");
  waitForFile(parameters, task);
}

void logAndCrash(const Json&, TaskContext& task) {
  task.logInfo("before the crash");
  ::raise(SIGKILL);
}

// Logs without an end; its worker is killed meanwhile.
void logForEver(const Json&, TaskContext& task) {
  for (std::uint64_t i = 0; !task.stopToken().stopRequested(); ++i) {
    task.logInfo("round " + std::to_string(i) + std::string(i % 100, '.'));
    std::this_thread::sleep_for(20us);
  }
}

}  // namespace observed

int main(int argc, char** argv) {
  leptir::Program program;
  leptir::addTestTasks(program.tasks);
  program.tasks.add<leptir::Json>("compute", observed::compute);
  program.tasks.add<leptir::Json>("log_and_wait", observed::logAndWait);
  program.tasks.add<leptir::Json>("log_many", observed::logMany);
  program.tasks.add<leptir::Json>("log_and_fail", observed::logAndFail);
  program.tasks.add<leptir::Json>("log_and_wait_in_a_retry", observed::logAndWaitInARetry);
  program.tasks.add<leptir::Json>("log_and_crash", observed::logAndCrash);
  program.tasks.add<leptir::Json>("log_for_ever", observed::logForEver);
  return leptir::runMain(argc, argv, program);
}
