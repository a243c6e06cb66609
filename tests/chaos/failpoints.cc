#include "tests/chaos/failpoints.h"

namespace leptir::chaos {

std::vector<Failpoint> allFailpoints() {
  return {
      {"sqlite.push.before_commit", Who::Pusher},
      {"sqlite.push.after_commit", Who::Pusher},
      {"sqlite.open_session.before_commit"},
      {"sqlite.open_session.after_commit"},
      {"sqlite.lease.before_commit", Who::Dispatcher, Needs::Tasks, 3},
      {"sqlite.lease.after_commit", Who::Dispatcher, Needs::Tasks, 3},
      {"sqlite.acknowledge.before_commit", Who::Dispatcher, Needs::Tasks, 3},
      {"sqlite.acknowledge.after_commit", Who::Dispatcher, Needs::Tasks, 3},
      {"sqlite.release.before_commit", Who::Dispatcher, Needs::ADeath},
      {"sqlite.release.after_commit", Who::Dispatcher, Needs::ADeath},
      {"sqlite.bury.before_commit", Who::Dispatcher, Needs::ABurial},
      {"sqlite.bury.after_commit", Who::Dispatcher, Needs::ABurial},
      {"sqlite.close.before_commit", Who::Dispatcher, Needs::AStop},
      {"sqlite.close.after_commit", Who::Dispatcher, Needs::AStop},
      {"sqlite.recover.after_claim", Who::Dispatcher, Needs::ADeadSession},
      {"sqlite.recover.before_commit", Who::Dispatcher, Needs::ADeadSession},
      {"feeder.after_epoch_spent"},
      {"feeder.after_pop", Who::Dispatcher, Needs::Tasks, 3},
      {"feeder.before_settle", Who::Dispatcher, Needs::Tasks, 3},
      {"feeder.after_records", Who::Dispatcher, Needs::Tasks, 3},
      {"feeder.after_acknowledge", Who::Dispatcher, Needs::Tasks, 3},
      {"feeder.after_settle", Who::Dispatcher, Needs::Tasks, 3},
      {"meta_writer.before_save", Who::Dispatcher, Needs::Tasks, 3},
      {"meta_writer.after_save", Who::Dispatcher, Needs::Tasks, 3},
      {"dispatcher.after_adopt"},
      {"dispatcher.before_free", Who::Dispatcher, Needs::Tasks, 3},
      {"dispatcher.before_assign", Who::Dispatcher, Needs::Tasks, 3},
      {"dispatcher.before_ring", Who::Dispatcher, Needs::Tasks, 3},
      {"dispatcher.before_save", Who::Dispatcher, Needs::Tasks, 3},
      {"slot_table.before_assigned", Who::Dispatcher, Needs::Tasks, 3},
      {"slot_table.after_assigned", Who::Dispatcher, Needs::Tasks, 3},
      {"worker.after_begin", Who::Worker, Needs::Tasks, 3},
      {"worker.after_execute", Who::Worker, Needs::Tasks, 3},
      {"worker.after_done", Who::Worker, Needs::Tasks, 3},
      {"master.after_worker_start", Who::Master, Needs::Tasks, 2},
      {"master.after_dispatcher_start", Who::Master},
      {"master.after_reap", Who::Master, Needs::ADeath},
      {"master.before_died", Who::Master, Needs::ADeath},
      {"master.after_died", Who::Master, Needs::ADeath},
  };
}

}  // namespace leptir::chaos
