// Every class of errors: what leptir does next, and what a user reads.
#include "backends/mongodb/mongodb_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace leptir::mongodb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

bson_error_t raised(std::uint32_t domain, std::uint32_t code, const char* message) {
  bson_error_t error{};
  bson_set_error(&error, domain, code, "%s", message);
  return error;
}

MongodbError ofServer(std::uint32_t code, CallKind kind, const char* message = "words of the server",
                      const Document& reply = Document()) {
  return errorOf(raised(MONGOC_ERROR_SERVER, code, message), reply, kind, "mongodb db1:27017");
}

MongodbError ofLibmongoc(std::uint32_t domain, std::uint32_t code, const char* message, CallKind kind) {
  return errorOf(raised(domain, code, message), Document(), kind, "mongodb db1:27017");
}

Document withLabel(const std::string& label) {
  const std::string labels[] = {label};
  return Document().add("errorLabels", std::span<const std::string>(labels));
}

struct Code {
  std::uint32_t code;
  Remedy onRead;
  Remedy onWrite;
};

class CodesOfServers : public testing::TestWithParam<Code> {};

TEST_P(CodesOfServers, SayWhatToDoNext) {
  const auto& [code, onRead, onWrite] = GetParam();
  EXPECT_EQ(ofServer(code, CallKind::Read).remedy, onRead);
  EXPECT_EQ(ofServer(code, CallKind::Write).remedy, onWrite);
  EXPECT_THAT(ofServer(code, CallKind::Write).message, StartsWith("mongodb db1:27017: "));
  EXPECT_THAT(ofServer(code, CallKind::Write).message, HasSubstr("'words of the server'"));
}

using enum Remedy;

INSTANTIATE_TEST_SUITE_P(Mongodb, CodesOfServers,
                         testing::Values(
                             // Refused before anything was done.
                             Code{10107, Retry, Retry},  // NotWritablePrimary
                             Code{13435, Retry, Retry},  // NotPrimaryNoSecondaryOk
                             Code{13436, Retry, Retry},  // NotPrimaryOrSecondary
                             Code{10058, Retry, Retry},  // the older NotWritablePrimary
                             Code{112, Retry, Retry},    // WriteConflict
                             Code{24, Retry, Retry},     // LockTimeout
                             Code{133, Retry, Retry},    // FailedToSatisfyReadPreference
                             Code{14031, Retry, Retry},  // OutOfDiskSpace
                             // Interrupted: an update of many documents may be half done.
                             Code{189, Retry, Check},    // PrimarySteppedDown
                             Code{91, Retry, Check},     // ShutdownInProgress
                             Code{11600, Retry, Check},  // InterruptedAtShutdown
                             Code{11602, Retry, Check},  // InterruptedDueToReplStateChange
                             Code{50, Retry, Check},     // MaxTimeMSExpired
                             Code{262, Retry, Check},    // ExceededTimeLimit
                             Code{64, Retry, Check},     // WriteConcernFailed
                             Code{100, Retry, Check},    // UnsatisfiableWriteConcern
                             // Lost behind the server.
                             Code{6, Reconnect, Check},     // HostUnreachable
                             Code{7, Reconnect, Check},     // HostNotFound
                             Code{89, Reconnect, Check},    // NetworkTimeout
                             Code{9001, Reconnect, Check},  // SocketException
                             // A search is lost.
                             Code{43, Retry, Retry},   // CursorNotFound
                             Code{237, Retry, Retry},  // CursorKilled
                             Code{175, Retry, Retry},  // QueryPlanKilled
                             // A person has to change something.
                             Code{13, Configure, Configure},     // Unauthorized
                             Code{18, Configure, Configure},     // AuthenticationFailed
                             Code{8000, Configure, Configure},   // AtlasError
                             Code{59, Configure, Configure},     // CommandNotFound
                             Code{40324, Configure, Configure},  // an unknown stage of a pipeline
                             Code{73, Configure, Configure},     // InvalidNamespace
                             Code{166, Configure, Configure},    // CommandNotSupportedOnView
                             Code{10003, Configure, Configure},  // a capped collection
                             Code{85, Configure, Configure},     // IndexOptionsConflict
                             Code{61, Configure, Configure},     // ShardKeyNotFound
                             Code{323, Configure, Configure},    // APIStrictError
                             Code{2, Configure, Configure},      // BadValue
                             // This document is the trouble.
                             Code{10334, Refuse, Refuse},  // BSONObjectTooLarge
                             Code{17419, Refuse, Refuse},  // too large after an update
                             Code{15, Refuse, Refuse},     // nested too deep
                             Code{52, Refuse, Refuse},     // DollarPrefixedFieldName
                             Code{121, Refuse, Refuse},    // DocumentValidationFailure
                             Code{11000, Duplicate, Duplicate}, Code{11001, Duplicate, Duplicate},
                             // Unknown: a read is tried again, a write looked for.
                             Code{987654, Retry, Check}, Code{1, Retry, Check}));

TEST(MongodbError, ItsCodeTellsCallersOfTheBackendWhatToDo) {
  const auto codeOf = [](Remedy remedy, std::int32_t code = 0) {
    return MongodbError{remedy, code, "m"}.error().code();
  };
  for (const auto remedy : {Retry, Reconnect, Check}) EXPECT_EQ(codeOf(remedy), ErrorCode::Unavailable);
  for (const auto remedy : {Configure, Duplicate, Refuse}) EXPECT_EQ(codeOf(remedy), ErrorCode::Invalid);
  EXPECT_EQ(codeOf(Refuse, kTooLargeCode), ErrorCode::TooLarge);
  EXPECT_EQ(ofServer(17420, CallKind::Write).error().code(), ErrorCode::TooLarge);
}

TEST(MongodbError, ALabelSaysThatAnInterruptedWriteWasNotBegun) {
  EXPECT_EQ(ofServer(11602, CallKind::Write, "", withLabel("NoWritesPerformed")).remedy, Retry);
  EXPECT_EQ(ofServer(11602, CallKind::Write, "", withLabel("RetryableWriteError")).remedy, Check);
  EXPECT_EQ(ofServer(987654, CallKind::Write, "", withLabel("RetryableWriteError")).remedy, Check);
  EXPECT_EQ(ofServer(10107, CallKind::Write, "").remedy, Retry) << "without any label, as old servers send it";
}

TEST(MongodbError, AWriteWithoutItsMajorityIsLookedFor) {
  for (const int code : {64, 100, 11602, 79, 10107}) {
    const auto reply =
        Document().add("ok", 1).add("writeConcernError", Document().add("code", code).add("errmsg", "waiting"));
    const auto error = errorOf(raised(MONGOC_ERROR_WRITE_CONCERN, 64, "Write Concern error: waiting"), reply,
                               CallKind::Write, "mongodb db1:27017");
    EXPECT_EQ(error.remedy, Check) << code;
    EXPECT_EQ(error.code, code);
  }
}

TEST(MongodbError, AMemberOfWriteErrorsIsClassifiedByItsCode) {
  const auto error = writeErrorOf(Document().add("index", 3).add("code", 11000).add("errmsg", "E11000 duplicate key"),
                                  "mongodb db1:27017");
  EXPECT_EQ(error.remedy, Duplicate);
  EXPECT_EQ(error.message, "mongodb db1:27017: has a document with this key already ('E11000 duplicate key')");
  EXPECT_EQ(writeErrorOf(Document(), "mongodb db1:27017").remedy, Check);
}

TEST(MongodbError, BeforeAServerWasChosenNothingWasSent) {
  const auto refused = ofLibmongoc(MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE,
                                   "No suitable servers found: `serverSelectionTimeoutMS` expired: [connection refused "
                                   "calling hello on 'db1:27017']",
                                   CallKind::Write);
  EXPECT_EQ(refused.remedy, Reconnect);
  EXPECT_EQ(refused.message,
            "mongodb db1:27017: connection refused at 'db1:27017': start the server, or correct 'host' and 'port'");
  const auto both = ofLibmongoc(MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE,
                                "No suitable servers found: `serverSelectionTimeoutMS` expired: [Failed to connect to "
                                "target host: db1:27017] [Failed to resolve db2]",
                                CallKind::Write);
  EXPECT_THAT(both.message, HasSubstr(": cannot connect to db1:27017, cannot find db2: start the server"));
  const auto noPrimary = ofLibmongoc(MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE,
                                     "No suitable servers found: `serverSelectionTimeoutMS` expired", CallKind::Write);
  EXPECT_EQ(noPrimary.remedy, Reconnect);
  EXPECT_THAT(noPrimary.message, HasSubstr("no primary can be reached: an election"));
}

TEST(MongodbError, AConnectionThatWasNotMadeSentNothing) {
  for (const auto code : {MONGOC_ERROR_STREAM_CONNECT, MONGOC_ERROR_STREAM_NAME_RESOLUTION,
                          MONGOC_ERROR_STREAM_NOT_ESTABLISHED, MONGOC_ERROR_STREAM_INVALID_STATE})
    EXPECT_EQ(ofLibmongoc(MONGOC_ERROR_STREAM, code, "no connection", CallKind::Write).remedy, Reconnect) << code;
  const char* const handshake = "Failed to send \"hello\" command with database \"admin\": socket error or timeout";
  EXPECT_EQ(ofLibmongoc(MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET, handshake, CallKind::Write).remedy, Reconnect);
}

TEST(MongodbError, AConnectionLostDuringAWriteHidesItsOutcome) {
  const char* const lost = "Failed to send \"insert\" command with database \"leptir\": socket error or timeout";
  EXPECT_EQ(ofLibmongoc(MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET, lost, CallKind::Write).remedy, Check);
  EXPECT_EQ(ofLibmongoc(MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET, lost, CallKind::Read).remedy, Reconnect);
  EXPECT_EQ(ofLibmongoc(MONGOC_ERROR_PROTOCOL, MONGOC_ERROR_PROTOCOL_INVALID_REPLY, "", CallKind::Write).remedy, Check);
}

TEST(MongodbError, AWrongPasswordIsAMatterOfConfiguration) {
  const auto error =
      ofLibmongoc(MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE, "Authentication failed.", CallKind::Write);
  EXPECT_EQ(error.remedy, Configure);
  EXPECT_THAT(error.message, HasSubstr("refuses the login: correct 'user', 'password'"));
  EXPECT_EQ(ofLibmongoc(MONGOC_ERROR_SCRAM, MONGOC_ERROR_SCRAM_PROTOCOL_ERROR, "?", CallKind::Read).remedy, Configure);
}

TEST(MongodbError, AnOldServerIsAMatterOfConfiguration) {
  const char* const text =
      "Server at db1:27017 reports wire version 5, but this version of libmongoc requires at least 6";
  for (const auto& [domain, code] :
       {std::pair{MONGOC_ERROR_PROTOCOL, MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION},
        std::pair{MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_BAD_WIRE_VERSION}}) {
    const auto error = ofLibmongoc(domain, code, text, CallKind::Write);
    EXPECT_EQ(error.remedy, Configure);
    EXPECT_THAT(error.message, HasSubstr("leptir needs MongoDB 4.2 or later"));
  }
}

TEST(MongodbError, AMessageBeyondTheServersLimitIsTooLarge) {
  const auto error = ofLibmongoc(MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_TOO_BIG, "too big", CallKind::Write);
  EXPECT_EQ(error.remedy, Refuse);
  EXPECT_EQ(error.error().code(), ErrorCode::TooLarge);
  EXPECT_EQ(ofLibmongoc(MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "bad", CallKind::Write).remedy, Refuse);
}

TEST(MongodbError, CodesWithSeveralMeaningsAreToldApartByTheirWords) {
  EXPECT_THAT(ofServer(20, CallKind::Write, "Transaction numbers are only allowed on a replica set member").message,
              HasSubstr("set the option retryWrites to false"));
  EXPECT_THAT(ofServer(20, CallKind::Write, "cannot remove from a capped collection: leptir.tasks").message,
              HasSubstr("set another 'collection'"));
  EXPECT_THAT(
      ofServer(2, CallKind::Write, "cannot use 'j' option when a host does not have journaling enabled").message,
      HasSubstr("runs without a journal"));
  EXPECT_THAT(ofServer(13, CallKind::Read, "command find requires authentication").message, HasSubstr("wants a login"));
  EXPECT_EQ(ofServer(285999133, CallKind::Write, "Size 16777232 is larger than MaxDocumentSize 16777216").remedy,
            Remedy::Refuse);
}

TEST(MongodbError, WhatTheServerSaysCannotControlATerminal) {
  EXPECT_THAT(ofServer(1, CallKind::Read, "\x1b[2J\n").message, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\n"))));
  EXPECT_THAT(ofLibmongoc(MONGOC_ERROR_STREAM, 1, "\x1b[2J", CallKind::Read).message, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace leptir::mongodb
