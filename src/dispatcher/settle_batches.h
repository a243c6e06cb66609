// Gathers the settlements of each broker into batches, and follows each batch through the stores: first its records are
// saved, then its leases are settled.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dispatcher/broker_sessions.h"
#include "dispatcher/core_options.h"
#include "dispatcher/settle_batch.h"
#include "dispatcher/settled_task_metrics.h"
#include "dispatcher/step.h"
#include "dispatcher/task_stock.h"
#include "settlement/settlement.h"

namespace leptir::dispatcher {

class SettleBatches {
 public:
  // Both must outlive the object.
  SettleBatches(const CoreOptions& options, const BrokerSessions& sessions);

  // The feeder of a store that is paid by the request gathers small batches: they do not hold back further ones.
  void noteOpened(std::uint32_t broker, bool isPaidPerRequest);

  // A task that stands in a cell. `envelope` is valid until the cell is freed.
  void addFromCell(CellRef cell, const settlement::HeldTask& task, settlement::Settlement&& settlement,
                   std::string_view envelope, Step& step);
  // A task that stands in no cell.
  void add(StockedTask&& stocked, settlement::Settlement&& settlement, Step& step);
  // A task of the open session of a broker that goes back as if it had not been leased. Its envelope is not decoded.
  void giveBack(std::uint32_t broker, LeasedTask leased, Step& step);
  // Tasks of the open session of a broker that the session left to others, and is to lease again. `choose` gets the id
  // of the batch and answers the leases under which they were released.
  template <class Choose>
  void leaseAgain(std::uint32_t broker, Choose&& choose, Step& step) {
    auto& batch = batchOf(broker, sessions_.epochOf(broker), step);
    for (auto& released : choose(batch.id)) batch.leaseAgain.push_back(std::move(released));
  }
  // A task that its store has buried already: its record and its report alone.
  void addBuried(const settlement::HeldTask& task, settlement::Settlement&& settlement, Step& step);
  // A record alone: the task goes on.
  void addRecord(const settlement::HeldTask& task, MetaInfo record, Step& step);

  // AtOnce: a few tasks are worth the round trips to the stores. OnceLarge: further tasks are about to end, so a few
  // wait for them, some milliseconds at most.
  enum class HandOut { AtOnce, OnceLarge };
  // Gives the gathered batches to the stores, unless enough batches of the broker are there already.
  void handOut(HandOut when, Step& step);
  // A required meta storage has saved the records of a batch. The last one sends the batch to its broker.
  void noteSaved(std::uint64_t batch, Step& step);
  // The broker has settled a batch, which is over now: its error reports are sent. Null: there is no such batch.
  std::shared_ptr<const SettleBatch> noteSettled(std::uint64_t batch, Step& step);
  // The same, of a batch that its broker has not settled, since its session was over: other sessions run its tasks
  // again, so they count as lost and have no spans.
  std::shared_ptr<const SettleBatch> noteLost(std::uint64_t batch, Step& step);
  // A batch that is at the stores. Null: there is no such batch.
  const SettleBatch* find(std::uint64_t batch) const;

  // Whether no settlement waits, here or at the stores: of any broker, or of this one.
  bool isEmpty() const;
  bool isEmpty(std::uint32_t broker) const { return !brokers_[broker].gathering && brokers_[broker].atStores == 0; }

  // The leases of all settlements of a broker.
  template <class Visit>
  void forEachLease(std::uint32_t broker, Visit&& visit) const {
    if (brokers_[broker].gathering) forEachLeaseIn(*brokers_[broker].gathering, visit);
    for (const auto& [id, stored] : atStores_) {
      if (stored.batch->broker == broker) forEachLeaseIn(*stored.batch, visit);
    }
  }

 private:
  struct BrokerBatches {
    std::shared_ptr<SettleBatch> gathering;
    BootTime gatheringSince{};
    int atStores = 0;                            // number of batches
    int maxAtStores = 0;                         // later settlements gather in one more batch
    int maxSmallAtStores = 0;                    // while so many batches are there, a small one gathers further tasks
    int storageWriters = 0;                      // number of required storages that a meta writer saves the records to
    std::size_t lastRecords = 0, lastCells = 0;  // sizes of the last batch: the next one will be of about that size
  };
  struct BatchAtStores {
    std::shared_ptr<SettleBatch> batch;
    int savesAwaited = 0;
  };

  template <class Visit>
  static void forEachLeaseIn(const SettleBatch& batch, Visit&& visit) {
    for (const auto& lease : batch.acknowledge) visit(lease);
    for (const auto& released : batch.release) visit(released.lease);
    for (const auto& buried : batch.bury) visit(buried.lease);
  }

  SettleBatch& batchOf(std::uint32_t broker, std::uint64_t epoch, Step& step);
  void add(SettleBatch& batch, const settlement::HeldTask& task, settlement::Settlement& settlement,
           std::string_view envelope, MayHaveRun mayHaveRun, Step& step);
  void ensureBuriedRecordHasId(const settlement::HeldTask& task, settlement::Settlement& settlement, Step& step) const;
  void addErrorReport(SettleBatch& batch, const settlement::Settlement& settlement, std::string_view envelope) const;
  std::shared_ptr<SettleBatch> extractAtStores(std::uint64_t id);
  void addTracedRun(SettleBatch& batch, const settlement::HeldTask& task, const settlement::Settlement& settlement,
                    Step& step) const;
  static bool mayHandOut(const BrokerBatches& broker, HandOut when, BootTime now);
  void handOut(BrokerBatches& broker, Step& step);

  const CoreOptions& options_;
  const BrokerSessions& sessions_;
  std::vector<BrokerBatches> brokers_;
  std::map<std::uint64_t, BatchAtStores> atStores_;  // by the id of the batch
  std::uint64_t lastId_ = 0;
};

}  // namespace leptir::dispatcher
