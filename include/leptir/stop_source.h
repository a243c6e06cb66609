// StopSource: makes stop tokens and fires them, in unit tests of tasks and in code that runs a task outside an
// instance.
#pragma once

#include <memory>

#include "leptir/stop_token.h"

namespace leptir {

class StopSource {
 public:
  // Throws std::system_error when the process can open no more descriptors.
  StopSource();

  // All tokens of this source fire together. They may outlive the source.
  StopToken token() const;
  // Fires the tokens, which cannot be undone. Any thread may call it.
  void requestStop();

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace leptir
