#include "tests/chaos/chaos_tasks.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <vector>

#include "tests/chaos/families.h"
#include "tests/chaos/ledger.h"
#include "tests/chaos/vandals.h"
#include "tests/support/dying_tasks.h"
#include "tests/support/function_task.h"

namespace leptir::chaos {
namespace {

std::string ledgerFile() {
  const char* const file = std::getenv("LEPTIR_CHAOS_LEDGER");
  if (file == nullptr) throw std::runtime_error("LEPTIR_CHAOS_LEDGER is not set");
  return file;
}

void note(Mark mark, const TaskContext& task) {
  if (!append(ledgerFile(), {mark, task.id(), task.fence(), ::getppid(), ::getpid(), bootNsNow()}))
    throw std::runtime_error("the ledger cannot be written");
}

void sleepMilliseconds(long milliseconds) {
  timespec left{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

[[noreturn]] void hangForEver() {
  for (;;) ::pause();
}

[[noreturn]] void hangIgnoringSignals() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_IGN);
  hangForEver();
}

void touchMemory(long mebibytes) {
  std::vector<std::vector<char>> hog;
  for (long i = 0; i < mebibytes; ++i) hog.emplace_back(std::size_t{1} << 20, 'x');
}

class ChaosTask : public BaseTask {
 protected:
  // What the task does between its start line and its end line in the ledger.
  virtual void act() = 0;

 private:
  ExitStatus doJob() override {
    note(Mark::Start, context());
    act();
    note(Mark::End, context());
    return ExitStatus::Success;
  }
};

class Work final : public ChaosTask {
  void act() override {
    if (getInt("log", 0) != 0) logInfo("worked");
    sleepMilliseconds(getInt("ms", 5));
  }
};

class Poison final : public ChaosTask {
  void act() override { waysToDie().at(getString("way"))(); }
};

class Failing final : public BaseTask {
  ExitStatus doJob() override {
    note(Mark::Start, context());
    note(Mark::End, context());
    return ExitStatus::Error;
  }
};

class Family final : public ChaosTask {
  void act() override {
    const auto ledger = ledgerFile();
    startFamily(getString("way"), [&] {
      append(ledger, {Mark::Child, context().id(), context().fence(), ::getppid(), ::getpid(), bootNsNow()});
    });
    const auto then = getString("then", "hang");
    if (then == "hang") hangForEver();
    if (then == "kill") ::kill(::getpid(), SIGKILL);
  }
};

class Stubborn final : public ChaosTask {
  void act() override { hangIgnoringSignals(); }
};

class Hog final : public ChaosTask {
  void act() override { touchMemory(getInt("mib", 4096)); }
};

// A fork bomb: each process that it forks goes on forking.
class Bomb final : public ChaosTask {
  void act() override {
    for (;;) {
      (void)::fork();
      sleepMilliseconds(1);
    }
  }
};

class Vandal final : public ChaosTask {
  void act() override { damageWorker(getString("way")); }
};

}  // namespace

void addChaosTasks(TaskRegistry& tasks) {
  tasks.add<Work>("work");
  tasks.add<Poison>("poison");
  tasks.add<Failing>("fail");
  tasks.add<Family>("family");
  tasks.add<Stubborn>("stubborn");
  tasks.add<Hog>("hog");
  tasks.add<Bomb>("bomb");
  tasks.add<Vandal>("vandal");
}

}  // namespace leptir::chaos
