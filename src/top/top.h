// leptir top: a full-screen view of queues, instances and tasks, with keys that change them.
#pragma once

#include "leptir/result.h"
#include "top/model.h"

namespace leptir::top {

// How the screen ended.
enum class End {
  ByKey,           // q or Ctrl-C
  BySignal,        // TERM or HUP; the process should end by it
  TerminalIsGone,  // no key can be read any more
};
struct ScreenExit {
  End end = End::ByKey;
  int signal = 0;
  // A store has not answered: a thread still waits for it, and the destructor of the screen would, too. The process
  // must end by _exit.
  bool isWaitingForStore = false;
};

// Shows the screen until the operator ends it; afterwards the terminal is as it was. Sets LC_CTYPE to the locale of the
// environment. Invalid: there is no terminal that can show it. To be called by the first thread.
Result<ScreenExit> run(Sources sources, Model::Options options);

}  // namespace leptir::top
