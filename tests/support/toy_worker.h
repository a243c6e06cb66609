// For tests of the master: the least that is a worker. It knows no task; an envelope is the name of a deed.
#pragma once

#include <unistd.h>

#include <csignal>
#include <functional>
#include <map>
#include <string>

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

// A process that stays: as it is, in a session of its own, or in one of its own and without a parent that is left.
inline void leaveBehind(ToyInstance& instance, bool ownSession, bool orphan) {
  if (::fork() != 0) return;
  if (ownSession) ::setsid();
  if (orphan && ::fork() != 0) ::_exit(0);
  ignoreEverything();
  instance.notes->note(::getpid());
  hangForEver();
}

inline const std::map<std::string, std::function<void(ToyInstance&)>> kDeeds = {
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
    {"household",  // as family, without those of whom nobody can tell whose they were
     [](ToyInstance& instance) {
       leaveBehind(instance, false, false);
       leaveBehind(instance, true, false);
       leaveBehind(instance, false, true);
       while (instance.notes->pidCount < 3) ::usleep(1000);
       hangForEver();
     }},
    {"clan",  // a family whose orphans stay below their worker, as they do below a real one
     [](ToyInstance& instance) {
       ::prctl(PR_SET_CHILD_SUBREAPER, 1);
       kDeeds.at("family")(instance);
     }},
    {"orphans",
     [](ToyInstance& instance) {
       leaveBehind(instance, true, true);
       while (instance.notes->pidCount < 1) ::usleep(1000);
       ::_exit(3);
     }},
    {"comrades",  // a process of its own group, and its end
     [](ToyInstance& instance) {
       leaveBehind(instance, false, false);
       while (instance.notes->pidCount < 1) ::usleep(1000);
       ::_exit(3);
     }},
    {"keep",  // as a worker does whose task's name has keep_descendants
     [](ToyInstance& instance) {
       leaveBehind(instance, true, true);
       while (instance.notes->pidCount < 1) ::usleep(1000);
       instance.link->slot(0).writeKept({*processInfo(instance.notes->pids[0])});
     }},
    {"rejuvenate",  // says again and again that it is another run
     [](ToyInstance& instance) {
       auto& slot = instance.link->slot(0);
       const auto cell = slot.running().value();
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
       slot.change(400, slot.word(400), CellWord::unpack(0xdeadbeef'deadbeef));
       hangForEver();
     }},
};

// The least that is a worker.
inline int toyWorker(ToyInstance& instance, int number) {
  auto& slot = instance.link->slot(number);
  slot.workerReady() = 1;
  for (;;) {
    if (instance.link->page().stopping == Stopping::Leave) return 0;
    const auto cell = slot.firstAssigned();
    const bool begins = cell && instance.link->page().stopping == Stopping::No &&
                        slot.change(*cell, slot.word(*cell), slot.word(*cell).to(CellState::Executing));
    if (!begins) {
      instance.link->workerBell(number).waitFor(2ms);
      continue;
    }
    slot.begin(*cell, systemClock().bootTime());
    const std::string deed(slot.readAssignment(*cell).envelope);
    kDeeds.at(deed)(instance);
    slot.writeOutcome(*cell, "did " + deed);
    if (!slot.change(*cell, slot.word(*cell).to(CellState::Executing), slot.word(*cell).to(CellState::Done))) return 0;
  }
}

inline MasterOptions optionsFor(int workers) {
  MasterOptions options;
  options.workers = workers;
  options.killGrace = 200ms;
  options.tick = 10ms;
  return options;
}

}  // namespace leptir
