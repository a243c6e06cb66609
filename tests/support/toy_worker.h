// For tests of the master: a minimal worker. An envelope is the name of one of its built-in functions.
#pragma once

#include <unistd.h>

#include <csignal>
#include <functional>
#include <map>
#include <string>

#include "link/cell_scan.h"
#include "tests/support/toy_instance.h"

namespace leptir {

using namespace std::chrono_literals;

[[noreturn]] inline void hangForEver() {
  for (;;) ::pause();
}

inline void ignoreEverything() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
}

// Starts a process that never ends: as an ordinary child, in a session of its own, as an orphan, or both.
inline void leaveBehind(ToyInstance& instance, bool ownSession, bool orphan) {
  if (::fork() != 0) return;
  if (ownSession) ::setsid();
  if (orphan && ::fork() != 0) ::_exit(0);
  ignoreEverything();
  instance.notes->note(::getpid());
  hangForEver();
}

inline const std::map<std::string, std::function<void(ToyInstance&)>> kToyTasks = {
    {"ok", [](ToyInstance&) {}},
    {"crash", [](ToyInstance&) { ::signal(SIGSEGV, SIG_DFL), ::raise(SIGSEGV); }},
    {"exit", [](ToyInstance&) { ::_exit(3); }},
    {"hang", [](ToyInstance&) { ignoreEverything(), hangForEver(); }},
    {"halt", [](ToyInstance&) { ::raise(SIGSTOP); }},
    {"wait",
     [](ToyInstance& instance) {
       while (instance.notes->number == 0) ::usleep(1000);
     }},
    {"obey",
     [](ToyInstance& instance) {
       while (!instance.link->stopBell(0).waitFor(1h)) continue;
     }},
    {"family",
     [](ToyInstance& instance) {
       leaveBehind(instance, false, false);
       leaveBehind(instance, true, false);
       leaveBehind(instance, false, true);
       leaveBehind(instance, true, true);
       while (instance.notes->pidCount < 4) ::usleep(1000);
       ignoreEverything(), hangForEver();
     }},
    {"household",  // like family, without the process that cannot be traced to its task
     [](ToyInstance& instance) {
       leaveBehind(instance, false, false);
       leaveBehind(instance, true, false);
       leaveBehind(instance, false, true);
       while (instance.notes->pidCount < 3) ::usleep(1000);
       hangForEver();
     }},
    {"clan",  // like family, but orphans become children of the worker, as with a real worker
     [](ToyInstance& instance) {
       ::prctl(PR_SET_CHILD_SUBREAPER, 1);
       kToyTasks.at("family")(instance);
     }},
    {"orphans",
     [](ToyInstance& instance) {
       leaveBehind(instance, true, true);
       while (instance.notes->pidCount < 1) ::usleep(1000);
       ::_exit(3);
     }},
    {"comrades",  // leaves a process in the worker's process group, then exits
     [](ToyInstance& instance) {
       leaveBehind(instance, false, false);
       while (instance.notes->pidCount < 1) ::usleep(1000);
       ::_exit(3);
     }},
    {"keep",  // what a worker does for a task with keep_descendants
     [](ToyInstance& instance) {
       leaveBehind(instance, true, true);
       while (instance.notes->pidCount < 1) ::usleep(1000);
       instance.link->slot(0).writeKeptDescendants({*base::processInfo(instance.notes->pids[0])});
     }},
    {"rejuvenate",  // changes the generation of its cell again and again
     [](ToyInstance& instance) {
       auto& slot = instance.link->slot(0);
       const auto cell = link::scanCells(slot).running.value().cell;
       for (;; ::usleep(1000)) {
         auto word = slot.word(cell);
         const auto before = word;
         ++word.generation;
         slot.change(cell, before, word);
       }
     }},
    {"scribble",
     [](ToyInstance& instance) {
       auto& slot = instance.link->slot(0);
       slot.change(400, slot.word(400), link::CellWord::unpack(0xdeadbeef'deadbeef));
       hangForEver();
     }},
};

// The main function of a minimal worker.
inline int toyWorker(ToyInstance& instance, int number) {
  auto& slot = instance.link->slot(number);
  slot.workerReady() = 1;
  for (;;) {
    if (instance.link->page().stopping == link::ShutdownStage::Leave) return 0;
    const auto cell = link::scanCells(slot).firstAssigned;
    const bool begins = cell && instance.link->page().stopping == link::ShutdownStage::No &&
                        slot.change(*cell, slot.word(*cell), slot.word(*cell).to(link::CellState::Executing));
    if (!begins) {
      instance.link->workerBell(number).waitFor(2ms);
      continue;
    }
    slot.outcomes().beginRun(*cell, systemClock().bootTime());
    const std::string taskName(slot.assignments().read(*cell).envelope);
    kToyTasks.at(taskName)(instance);
    slot.outcomes().write(*cell, "did " + taskName);
    if (!slot.change(*cell, slot.word(*cell).to(link::CellState::Executing),
                     slot.word(*cell).to(link::CellState::Done)))
      return 0;
  }
}

inline master::MasterOptions optionsFor(int workers) {
  master::MasterOptions options;
  options.workers = workers;
  options.killGrace = 200ms;
  options.tick = 10ms;
  return options;
}

}  // namespace leptir
