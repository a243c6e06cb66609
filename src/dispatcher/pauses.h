// Pauses by operators, and drains: gives back what has not begun. The stores keep these tasks; running tasks go on.
// BrokerSessions knows which brokers are paused, and LimitedNames which names.
#pragma once

#include "dispatcher/assigner.h"
#include "dispatcher/broker_sessions.h"
#include "dispatcher/events.h"
#include "dispatcher/intake.h"
#include "dispatcher/limited_names.h"
#include "dispatcher/step.h"

namespace leptir::dispatcher {

class Pauses {
 public:
  // What the object uses of the core. All must outlive it.
  struct Uses {
    BrokerSessions& sessions;
    LimitedNames& limitedNames;
    Intake& intake;
    const Assigner& assigner;
  };
  explicit Pauses(Uses uses) : uses_(uses) {}

  void change(const event::PausesChanged& changed, Step& step);
  void drain(bool drained, Step& step);

 private:
  const Uses uses_;
};

}  // namespace leptir::dispatcher
