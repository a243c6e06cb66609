// Obeys the orders of operators that the dispatcher has put into the shared page (link/shared_order.h), each once.
#pragma once

#include "leptir/clock.h"
#include "link/shared_order.h"
#include "master/master_context.h"
#include "master/reloader.h"

namespace leptir::master {

class OrderTaker {
 public:
  // Both must outlive it.
  OrderTaker(MasterContext& context, Reloader& reloader) : context_(context), reloader_(reloader) {}

  // To be called in each round of the master.
  void tick(BootTime now);

 private:
  void obey(const link::OrderWord& order, BootTime now);
  void setDrained(bool drained);

  MasterContext& context_;
  Reloader& reloader_;
};

}  // namespace leptir::master
