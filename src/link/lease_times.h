// How long a session is ours by the store's word, and what is counted from that. One number decides all of it, so that
// a shorter lease (tests) keeps the proportions. Instances, masters, dispatchers and workers see the same: it stands in
// the shared page.
#pragma once

#include "leptir/clock.h"

namespace leptir {

struct LeaseTimes {
  Duration lease = std::chrono::seconds(60);

  Duration renewEvery() const { return lease / 3; }
  Duration recoverEvery() const { return lease / 6; }  // of dead sessions, by anyone
  Duration compareEvery() const { return lease; }      // heldTasks against what we know
  // A worker begins nothing, and the master ends what runs, this long before a lease ends (docs/design.md): TERM first,
  // KILL later.
  Duration termBeforeEnd() const { return lease / 6; }
  Duration killBeforeEnd() const { return lease / 30; }
};

}  // namespace leptir
