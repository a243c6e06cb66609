#include "backends/mongodb/mongodb_server_info.h"

namespace leptir::mongodb {
namespace {

std::string nameOf(DocumentView buildInfo) {
  if (auto version = buildInfo.text("ferretdb.version")) {
    if (version->starts_with('v')) version->remove_prefix(1);
    return "FerretDB " + std::string(*version);
  }
  return "MongoDB " + std::string(buildInfo.text("version").value_or("of unknown version"));
}

}  // namespace

bool ServerInfo::isNewEnough() const {
  constexpr std::int64_t kWireVersionOf42 = 8;
  return maxWireVersion >= kWireVersionOf42;
}

ServerInfo serverInfoOf(DocumentView hello, DocumentView buildInfo, bool wantsRetries) {
  ServerInfo info;
  const bool isReplicaSet = hello.find("setName").has_value();
  const bool isMongos = hello.text("msg") == "isdbgrid";
  const bool hasLogicalSessions = hello.find("logicalSessionTimeoutMinutes").has_value();
  info.name = nameOf(buildInfo);
  info.maxWireVersion = hello.integer("maxWireVersion").value_or(0);
  info.retriesWrites = (isReplicaSet || isMongos) && hasLogicalSessions && wantsRetries;
  info.hasChangeStreams = isReplicaSet || isMongos;
  info.isSharded = isMongos;
  info.maxDocumentBytes = hello.integer("maxBsonObjectSize").value_or(info.maxDocumentBytes);
  info.maxMessageBytes = hello.integer("maxMessageSizeBytes").value_or(info.maxMessageBytes);
  info.maxWriteStatements = hello.integer("maxWriteBatchSize").value_or(info.maxWriteStatements);
  return info;
}

}  // namespace leptir::mongodb
