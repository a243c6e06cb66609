#include "backends/mongodb/mongodb_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::mongodb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// `own` and the defaults of all other keys, as the configuration reader gives them.
Json connection(const Json& own) {
  Json all = {{"collection", "tasks"}};
  for (const auto& key : mongodbAddressKeys()) all[std::string(key.name)] = key.defaultValue;
  all.update(own);
  return all;
}

MongodbAddress address(const Json& own) {
  auto read = mongodbAddress(connection(own));
  EXPECT_TRUE(read) << (read ? "" : read.error().message());
  return read ? *read : MongodbAddress{};
}

std::string refusal(const Json& own) {
  const auto read = mongodbAddress(connection(own));
  if (read) return "accepted: " + read->uri;
  EXPECT_EQ(read.error().code(), ErrorCode::Invalid);
  return read.error().message();
}

TEST(MongodbAddress, IsThatOfPhpLeptirByDefault) {
  const auto read = address(Json::object());
  EXPECT_THAT(read.uri, StartsWith("mongodb://localhost:27017/?"));
  EXPECT_EQ(read.where, "mongodb localhost:27017");
  EXPECT_EQ(read.database, "leptir");
  EXPECT_EQ(read.collection, "tasks");
}

TEST(MongodbAddress, ThatOfPhpLeptirsReadmeIsTaken) {
  const auto read = address({{"collection", "tasksp1"},
                             {"host", "localhost"},
                             {"port", 27017},
                             {"database", "leptir"},
                             {"options", {{"connect", true}, {"secondaryPreferred", true}}}});
  EXPECT_THAT(read.uri, HasSubstr("readPreference=secondaryPreferred"));
  EXPECT_EQ(read.collection, "tasksp1");
  EXPECT_THAT(address({{"options", {{"secondaryPreferred", false}}}}).uri, Not(HasSubstr("readPreference")));
}

TEST(MongodbAddress, NamesSeveralHostsAndAddressesOfAllKinds) {
  EXPECT_EQ(address({{"host", "db1,db2:27018"}}).where, "mongodb db1:27017,db2:27018");
  EXPECT_EQ(address({{"host", "::1"}, {"port", 1}}).where, "mongodb [::1]:1");
  EXPECT_EQ(address({{"host", "[::1]:7"}}).where, "mongodb [::1]:7");
  EXPECT_EQ(address({{"host", "/run/mongodb.sock"}}).where, "mongodb /run/mongodb.sock");
  EXPECT_EQ(address({{"uri", "mongodb://%2Frun%2Fmongodb.sock"}}).where, "mongodb /run/mongodb.sock");
  EXPECT_EQ(address({{"uri", "mongodb+srv://cluster.example.org"}}).where, "mongodb cluster.example.org");
}

TEST(MongodbAddress, TakesAConnectionString) {
  const auto read = address({{"uri", "mongodb://ann:s%40cret@db1,db2:27018/jobs?replicaSet=rs0&authSource=admin"}});
  EXPECT_THAT(read.uri, StartsWith("mongodb://ann:s%40cret@db1,db2:27018/jobs?replicaSet=rs0&authSource=admin&"));
  EXPECT_EQ(read.where, "mongodb db1:27017,db2:27018");
  EXPECT_EQ(read.database, "jobs");
  EXPECT_EQ(address({{"uri", "mongodb://db1/jobs"}, {"database", "own"}}).database, "own");
  EXPECT_EQ(address({{"uri", "mongodb://db1"}}).database, "leptir");
}

TEST(MongodbAddress, UserAndPasswordMayHaveAnyCharacter) {
  const auto read = address({{"user", "a@b"}, {"password", "p:/?#[]@%&=ä"}});
  EXPECT_THAT(read.uri, StartsWith("mongodb://a%40b:p%3A%2F%3F%23%5B%5D%40%25%26%3D%C3%A4@localhost:27017/"));
  EXPECT_THAT(address({{"uri", "mongodb://ann@db1"}, {"password", "later"}}).uri, StartsWith("mongodb://ann:later@"));
}

TEST(MongodbAddress, TlsIsNamedAsInTheOtherBackends) {
  EXPECT_THAT(address({{"tls", true}}).uri, HasSubstr("tls=true"));
  EXPECT_THAT(address({{"ca_file", "/etc/ca.pem"}}).uri,
              AllOf(HasSubstr("tls=true"), HasSubstr("tlsCAFile=%2Fetc%2Fca.pem")));
  EXPECT_THAT(address({{"verify", false}}).uri, AllOf(HasSubstr("tls=true"), HasSubstr("tlsInsecure=true")));
  EXPECT_THAT(address({{"certificate_file", "/etc/me.pem"}, {"options", {{"authMechanism", "MONGODB-X509"}}}}).uri,
              AllOf(HasSubstr("tlsCertificateKeyFile=%2Fetc%2Fme.pem"), HasSubstr("authMechanism=MONGODB-X509")));
  EXPECT_THAT(address({{"uri", "mongodb://db1/?tls=true"}, {"tls", true}}).uri, HasSubstr("tls=true"));
}

TEST(MongodbAddress, EachWaitIsShortEnoughForACallOfFiveSeconds) {
  const auto uri = address(Json::object()).uri;
  for (const auto* option : {"serverSelectionTimeoutMS", "socketTimeoutMS", "waitQueueTimeoutMS"})
    EXPECT_THAT(uri, HasSubstr(std::string(option) + "=2500"));
  EXPECT_THAT(uri, HasSubstr("connectTimeoutMS=2000"));
  EXPECT_THAT(address({{"options", {{"sockettimeoutms", 500}}}}).uri, HasSubstr("socketTimeoutMS=500"));
  EXPECT_EQ(
      refusal({{"options", {{"socketTimeoutMS", 30000}}}}),
      "mongodb: 'options': 'socketTimeoutMS' must be 10 to 2500 (ms), since leptir's calls have to end within 5 s");
  for (const Json& value : {Json(0), Json(-1), Json("soon"), Json(2.5), Json(""), Json(true)})
    EXPECT_THAT(refusal({{"options", {{"connectTimeoutMS", value}}}}), HasSubstr("must be 10 to 2500")) << value;
}

TEST(MongodbAddress, WritesAlwaysGoToAMajorityAndItsJournal) {
  EXPECT_THAT(
      address({{"options", {{"w", 1}, {"safe", true}, {"journal", true}}}}).uri,
      AllOf(HasSubstr("&w=majority&"), HasSubstr("journal=true"), Not(HasSubstr("w=1")), Not(HasSubstr("safe"))));
  EXPECT_THAT(refusal({{"options", {{"w", 0}}}}), HasSubstr("'w' must be majority or left out"));
  EXPECT_THAT(refusal({{"options", {{"journal", false}}}}), HasSubstr("'journal' must be true or left out"));
  EXPECT_THAT(refusal({{"uri", "mongodb://db1/?w=0"}}), HasSubstr("mongodb: 'uri': 'w' must be majority"));
}

TEST(MongodbAddress, AnUnknownOptionIsRefusedWithTheNearestOne) {
  EXPECT_EQ(refusal({{"options", {{"replicaSets", "rs0"}}}}),
            "mongodb: 'options': MongoDB has no option 'replicaSets'; did you mean 'replicaSet'?");
  EXPECT_THAT(refusal({{"uri", "mongodb://db1/?conectTimeoutMS=5"}}), HasSubstr("did you mean 'connectTimeoutMS'?"));
  EXPECT_THAT(refusal({{"options", {{"replicaSet", Json::array({1})}}}}), HasSubstr("must be a text, a number, true"));
}

TEST(MongodbAddress, AValueThatLibmongocRefusesIsAnError) {
  EXPECT_THAT(refusal({{"options", {{"readPreference", "fastest"}}}}), HasSubstr("fastest"));
  EXPECT_THAT(refusal({{"options", {{"retryWrites", "perhaps"}}}}), HasSubstr("perhaps"));
  EXPECT_THAT(refusal({{"options", {{"authMechanism", "MAGIC"}}}, {"user", "ann"}}), HasSubstr("MAGIC"));
  EXPECT_THAT(refusal({{"host", "db1,db2"}, {"options", {{"directConnection", true}}}}), HasSubstr("directConnection"));
}

TEST(MongodbAddress, WhatIsGivenTwiceIsAnError) {
  EXPECT_THAT(refusal({{"uri", "mongodb://db1"}, {"host", "db2"}}), HasSubstr("leave 'host' and 'port' out"));
  EXPECT_THAT(refusal({{"uri", "mongodb://db1"}, {"port", 27018}}), HasSubstr("leave 'host' and 'port' out"));
  EXPECT_THAT(refusal({{"uri", "mongodb://ann@db1"}, {"user", "bob"}}), HasSubstr("both 'uri' and 'user'"));
  EXPECT_THAT(refusal({{"uri", "mongodb://ann:one@db1"}, {"password", "two"}}), HasSubstr("both 'uri' and 'password'"));
  EXPECT_THAT(refusal({{"uri", "mongodb://db1/?appName=a"}, {"options", {{"appname", "b"}}}}),
              HasSubstr("the option 'appName' is given twice"));
  EXPECT_THAT(refusal({{"ca_file", "/a"}, {"options", {{"tlsCAFile", "/b"}}}}), HasSubstr("are the same"));
}

TEST(MongodbAddress, WhatIsNoHostOrPortIsAnError) {
  for (const auto* host : {"", ",", "db1,", "db1:", "db1:0", "db1:65536", "db1:port", "a b", "a@b", "a/b", ":1"})
    EXPECT_THAT(refusal({{"host", host}}), HasSubstr("'host' must be a host")) << host;
  for (const int port : {0, -1, 65536}) EXPECT_THAT(refusal({{"port", port}}), HasSubstr("'port' must be 1 to 65535"));
  EXPECT_THAT(refusal({{"host", "mongodb://db1"}}), HasSubstr("name it 'uri'"));
  for (const auto* uri : {"db1", "http://db1", "mongodb:/db1", "MONGODB://db1"})
    EXPECT_THAT(refusal({{"uri", uri}}), HasSubstr("must begin with mongodb://")) << uri;
  for (const auto* uri : {"mongodb://", "mongodb:///jobs", "mongodb://db1:x", "mongodb://db1,,db2"})
    EXPECT_THAT(refusal({{"uri", uri}}), HasSubstr("'uri' has something that is no host")) << uri;
}

TEST(MongodbAddress, NamesThatMongodbRefusesAreErrors) {
  const std::string withNul("a\0b", 3);
  for (const std::string& name :
       {std::string("a b"), std::string("a.b"), std::string("a$b"), withNul, std::string("\xff"), std::string(64, 'd')})
    EXPECT_THAT(refusal({{"database", name}}), HasSubstr("is no name of a database")) << name;
  for (const std::string& name :
       {std::string(), std::string("a$b"), withNul, std::string("\xff"), std::string("system.users"), std::string(".a"),
        std::string("a."), std::string(181, 'c')})
    EXPECT_THAT(refusal({{"collection", name}}), HasSubstr("is no name of a collection")) << name;
  EXPECT_THAT(refusal({{"uri", "mongodb://ann:pw@db1/admin"}}), HasSubstr("the database 'admin' is the server's own"));
  EXPECT_EQ(address({{"collection", "queue.tasks-1"}}).collection, "queue.tasks-1");
}

TEST(MongodbAddress, NoMessageShowsUserOrPassword) {
  for (const auto* uri :
       {"mongodb://ann:s3cret", "mongodb://ann:s3cret:x@db1", "mongodb://ann:s3/cret@db1", "mongodb://ann:s3?cret@db1",
        "mongodb://ann:s3@cret@db1", "mongodb://ann:s3cret%@db1", "mongodb://ann:s3cret%zz@db1",
        "mongodb://ann:s3cret@db1:port", "mongodb://ann:s3cret@db1/?nonsense=1", "mongodb://ann:s3cret@db1/?w=0",
        "mongodb://ann:s3cret@db1/?readPreference=x", "mongodb://ann:s3?cr=et@db1", "ann:s3cret@db1",
        "mongodb://ann:s3cret@", "mongodb://:s3cret@db1", "mongodb://ann:s3cret@db1/a b",
        "mongodb://ann:s3cret@db1/?authMechanism=MONGODB-X509&authSource=s"}) {
    const auto read = mongodbAddress(connection({{"uri", uri}}));
    ASSERT_FALSE(read) << uri;
    EXPECT_THAT(read.error().message(), AllOf(Not(HasSubstr("s3")), Not(HasSubstr("cret")), Not(HasSubstr("ann"))));
  }
  EXPECT_THAT(refusal({{"password", "s3cret"}}), AllOf(HasSubstr("'password' needs 'user'"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(address({{"uri", "mongodb://ann:s3cret@db1"}}).where, Not(HasSubstr("ann")));
}

TEST(MongodbAddress, StoresOfOneDeploymentAndDatabaseShareAPool) {
  const auto tasks = address({{"collection", "tasks"}});
  EXPECT_EQ(tasks.poolKey(), address({{"collection", "info"}}).poolKey());
  EXPECT_NE(tasks.poolKey(), address({{"database", "other"}}).poolKey());
  EXPECT_NE(tasks.poolKey(), address({{"port", 27018}}).poolKey());
}

}  // namespace
}  // namespace leptir::mongodb
