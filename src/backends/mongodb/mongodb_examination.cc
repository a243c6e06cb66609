#include "backends/mongodb/mongodb_examination.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "backends/mongodb/queue_indexes.h"

namespace leptir::mongodb {
namespace {

Result<void> examineIndexes(MongodbClient& client, std::string_view collection, std::span<const MongodbIndex> indexes,
                            StoreExamination& examination) {
  const auto missing = missingIndexes(client, collection, indexes);
  if (!missing) return missing.error();
  examination.looked += indexes.size();
  for (const auto* const index : *missing)
    examination.add(FindingSeverity::Problem, "missing-index",
                    fmt::format("{}: the index {} of the collection {} is missing or differs, so that the server reads "
                                "whole collections",
                                client.where(), index->name, collection),
                    "make it in mongosh: " + mongoshLine(collection, *index));
  return {};
}

Result<void> readClock(MongodbClient& client, StoreExamination& examination) {
  ++examination.looked;
  const auto time = client.serverTime();
  if (!time) return time.error().error();
  examination.clock = *time;
  examination.asked = systemClock().now();
  return {};
}

// Members of the replica set; 0: no replica set, or the server does not tell.
std::size_t replicaSetMemberCount(MongodbClient& client) {
  const auto hello = client.read(Document().add("hello", 1));
  if (!hello || !DocumentView(*hello).find("setName")) return 0;
  std::size_t members = 0;
  if (const auto hosts = DocumentView(*hello).document("hosts")) hosts->forEach([&](const ValueView&) { ++members; });
  return members;
}

void examineServer(MongodbClient& client, const ServerInfo& server, StoreExamination& examination) {
  ++examination.looked;
  if (server.isSharded) return;
  if (!server.hasChangeStreams) {
    auto finding = standaloneFinding(client.where());
    finding.severity = FindingSeverity::Note;
    examination.findings.push_back(std::move(finding));
  } else if (replicaSetMemberCount(client) == 1) {
    examination.add(FindingSeverity::Note, "durability",
                    client.where() + ": its replica set has one member: nothing replaces it when it fails",
                    "add members to the replica set");
  }
}

}  // namespace

StoreFinding standaloneFinding(const std::string& where) {
  return {FindingSeverity::Warning, "durability",
          where +
              ": the server is standalone: nothing replaces it when it fails, and the driver cannot repeat a write "
              "whose reply was lost (leptir then looks what became of it)",
          "use a replica set"};
}

// On a sharded collection the index of ids cannot be unique. Only a dispatcher finds out which index that collection
// has, so unique indexes are not examined there.
Result<StoreExamination> examineQueue(MongodbQueue& queue) {
  StoreExamination examination;
  for (auto& [collection, indexes] : neededIndexes(queue)) {
    if (queue.server.isSharded) std::erase_if(indexes, [](const MongodbIndex& index) { return index.unique; });
    if (auto done = examineIndexes(*queue.client, collection, indexes, examination); !done) return done.error();
  }
  const auto slow = slowLeaseWarnings(queue);
  if (!slow) return slow.error();
  for (auto& warning : examinationOf(*slow).findings) examination.findings.push_back(std::move(warning));
  examineServer(*queue.client, queue.server, examination);
  if (auto done = readClock(*queue.client, examination); !done) return done.error();
  return examination;
}

Result<StoreExamination> examineRecords(MongodbClient& client, std::string_view collection,
                                        std::span<const MongodbIndex> indexes) {
  const auto server = client.serverInfo();
  if (!server) return server.error().error();
  StoreExamination examination;
  if (auto done = examineIndexes(client, collection, indexes, examination); !done) return done.error();
  examineServer(client, *server, examination);
  if (auto done = readClock(client, examination); !done) return done.error();
  return examination;
}

}  // namespace leptir::mongodb
