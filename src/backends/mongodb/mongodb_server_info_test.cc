#include "backends/mongodb/mongodb_server_info.h"

#include <gtest/gtest.h>

namespace leptir::mongodb {
namespace {

Document hello() {
  return Document()
      .add("maxWireVersion", 21)
      .add("maxBsonObjectSize", 1000)
      .add("maxMessageSizeBytes", 3000)
      .add("maxWriteBatchSize", 10);
}

Document helloOfReplicaSet() {
  return hello().add("setName", "rs0").add("logicalSessionTimeoutMinutes", 30);
}

TEST(MongodbServerInfo, NamesTheServerAndItsVersion) {
  EXPECT_EQ(serverInfoOf(hello(), Document().add("version", "7.0.5"), true).name, "MongoDB 7.0.5");
  const auto ferret = Document().add("version", "7.0.77").add("ferretdb", Document().add("version", "v2.7.0"));
  EXPECT_EQ(serverInfoOf(hello(), ferret, true).name, "FerretDB 2.7.0");
  EXPECT_EQ(serverInfoOf(hello(), Document(), true).name, "MongoDB of unknown version");
}

TEST(MongodbServerInfo, LimitsAreTheServersOwn) {
  const auto info = serverInfoOf(hello(), Document(), true);
  EXPECT_EQ(info.maxDocumentBytes, 1000);
  EXPECT_EQ(info.maxMessageBytes, 3000);
  EXPECT_EQ(info.maxWriteStatements, 10);
  EXPECT_EQ(serverInfoOf(Document(), Document(), true).maxDocumentBytes, 16 * 1024 * 1024);
}

TEST(MongodbServerInfo, WritesAreRepeatedByReplicaSetsAndMongosWithSessions) {
  const auto mongos = hello().add("msg", "isdbgrid").add("logicalSessionTimeoutMinutes", 30);
  EXPECT_TRUE(serverInfoOf(helloOfReplicaSet(), Document(), true).retriesWrites);
  EXPECT_TRUE(serverInfoOf(mongos, Document(), true).retriesWrites);
  EXPECT_TRUE(serverInfoOf(mongos, Document(), true).isSharded);
  EXPECT_FALSE(serverInfoOf(helloOfReplicaSet(), Document(), false).retriesWrites) << "the option retryWrites is false";
  EXPECT_FALSE(serverInfoOf(hello().add("setName", "rs0"), Document(), true).retriesWrites) << "it has no sessions";
  EXPECT_FALSE(serverInfoOf(hello(), Document(), true).retriesWrites) << "a standalone server";
}

TEST(MongodbServerInfo, ChangeStreamsNeedAReplicaSetOrMongos) {
  EXPECT_TRUE(serverInfoOf(helloOfReplicaSet(), Document(), true).hasChangeStreams);
  EXPECT_FALSE(serverInfoOf(hello(), Document(), true).hasChangeStreams);
}

TEST(MongodbServerInfo, ServersBeforeVersion4Point2AreTooOld) {
  EXPECT_TRUE(serverInfoOf(Document().add("maxWireVersion", 8), Document(), true).isNewEnough());
  EXPECT_FALSE(serverInfoOf(Document().add("maxWireVersion", 7), Document(), true).isNewEnough());
  EXPECT_FALSE(serverInfoOf(Document(), Document(), true).isNewEnough());
}

}  // namespace
}  // namespace leptir::mongodb
