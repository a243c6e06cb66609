#include "backends/mongodb/mongodb_codes.h"

#include <algorithm>
#include <array>

namespace leptir::mongodb {
namespace {

struct Row {
  std::int32_t code;
  CodeMeaning meaning;
};

// The server refuses before it does anything.
constexpr CodeMeaning refusedForNow(std::string_view meaning) {
  return {Remedy::Retry, Remedy::Retry, meaning};
}
// The server stopped in the middle: an update of many documents may have been applied to some of them.
constexpr CodeMeaning interrupted(std::string_view meaning) {
  return {Remedy::Retry, Remedy::Check, meaning};
}
// A mongos or a primary lost another server.
constexpr CodeMeaning lostOtherServer(std::string_view meaning) {
  return {Remedy::Reconnect, Remedy::Check, meaning};
}
constexpr CodeMeaning wronglyConfigured(std::string_view meaning) {
  return {Remedy::Configure, Remedy::Configure, meaning};
}
constexpr CodeMeaning badDocument(std::string_view meaning) {
  return {Remedy::Refuse, Remedy::Refuse, meaning};
}
constexpr CodeMeaning duplicate() {
  return {Remedy::Duplicate, Remedy::Duplicate, "has a document with this key already"};
}

constexpr auto kNotPrimary =
    refusedForNow("is not the primary, which cannot be written: an election, or name all hosts");
constexpr auto kSteppedDown = interrupted("stopped being the primary");
constexpr auto kShuttingDown = interrupted("is shutting down");
constexpr auto kUnsupported = wronglyConfigured("does not support what leptir needs: MongoDB 4.2 or later does");
constexpr auto kLoginRefused =
    wronglyConfigured("refuses the login: correct 'user', 'password', and the options authSource and authMechanism");
constexpr auto kNeedsLogin = wronglyConfigured("wants a login: set 'user' and 'password', or 'certificate_file'");
constexpr auto kTooLarge = badDocument("refuses the document: too large");
constexpr auto kBadName = badDocument("refuses a name in the document");
constexpr auto kBadIndex = wronglyConfigured("cannot have an index that leptir needs");
constexpr auto kBadShardKey =
    wronglyConfigured("keeps the collection in shards by a key that leptir's documents or queries lack: see the guide");

// By code, for std::ranges::lower_bound.
constexpr std::array kMeaningsByCode{
    Row{6, lostOtherServer("cannot reach another server")},
    Row{7, lostOtherServer("cannot find another server")},
    Row{9, kUnsupported},
    Row{11, kLoginRefused},
    Row{13, wronglyConfigured("does not permit this user what leptir does: grant it readWrite on the database")},
    Row{14, kUnsupported},
    Row{15, badDocument("refuses the document: nested too deep")},
    Row{18, kLoginRefused},
    Row{22, badDocument("refuses the document: it is not valid BSON")},
    Row{24, refusedForNow("waited too long for a lock")},
    Row{28, badDocument("cannot change the document: a field of it has another type")},
    Row{40, kUnsupported},
    Row{43, refusedForNow("no longer has the cursor of a search")},
    Row{46, refusedForNow("waited too long for a lock")},
    Row{50, interrupted("did not finish in time")},
    Row{52, kBadName},
    Row{53, kBadName},
    Row{55, kBadName},
    Row{56, kBadName},
    Row{57, kBadName},
    Row{59, kUnsupported},
    Row{61, kBadShardKey},
    Row{63, refusedForNow("is moving the collection between shards")},
    Row{64, interrupted("did not reach a majority of the replica set in time")},
    Row{66, kBadShardKey},
    Row{67, kBadIndex},
    Row{72, kUnsupported},
    Row{73, wronglyConfigured("refuses this name: correct 'database' and 'collection'")},
    Row{79, interrupted("does not know this write concern")},
    Row{85, kBadIndex},
    Row{86, kBadIndex},
    Row{89, lostOtherServer("waited too long for another server")},
    Row{91, kShuttingDown},
    Row{100, interrupted("cannot reach a majority of the replica set")},
    Row{112, refusedForNow("found another write to the same document")},
    Row{115, kUnsupported},
    Row{121, badDocument("refuses the document by the validation rules of its collection")},
    Row{133, refusedForNow("has no member that the read preference fits")},
    Row{134, refusedForNow("cannot read from a majority yet")},
    Row{136, refusedForNow("no longer has the place of a search")},
    Row{146, interrupted("is out of memory for this operation")},
    Row{150, refusedForNow("is moving the collection between shards")},
    Row{166, wronglyConfigured("has a view under this name: set another 'collection'")},
    Row{175, refusedForNow("ended a search because its collection changed")},
    Row{189, kSteppedDown},
    Row{197, kBadIndex},
    Row{225, refusedForNow("has too many open files: raise its limit")},
    Row{234, refusedForNow("ended a change stream")},
    Row{237, refusedForNow("ended the cursor of a search")},
    Row{238, kUnsupported},
    Row{262, interrupted("did not finish in time")},
    Row{317, lostOtherServer("closed its connections to another server")},
    Row{323, wronglyConfigured("is restricted to a strict API version: leave it out")},
    Row{334, kLoginRefused},
    Row{365, refusedForNow("is busy")},
    Row{402, refusedForNow("is overloaded")},
    Row{462, refusedForNow("is overloaded")},
    Row{8000, wronglyConfigured("(Atlas) refuses: correct 'user' and 'password', and see the cluster's limits")},
    Row{9001, lostOtherServer("lost its connection to another server")},
    Row{10003, wronglyConfigured("has a capped collection under this name: set another 'collection'")},
    Row{10058, kNotPrimary},
    Row{10107, kNotPrimary},
    Row{kTooLargeCode, kTooLarge},
    Row{11000, duplicate()},
    Row{11001, duplicate()},
    Row{11600, kShuttingDown},
    Row{11602, kSteppedDown},
    Row{12582, duplicate()},
    Row{13388, refusedForNow("is moving the collection between shards")},
    Row{13435, kNotPrimary},
    Row{13436, refusedForNow("is neither primary nor secondary: it starts, or recovers")},
    Row{14031, refusedForNow("has no disk space left")},
    Row{17280, badDocument("refuses a value that is too large for an index")},
    Row{17419, kTooLarge},
    Row{17420, kTooLarge},
    Row{31025, kBadShardKey},
    Row{40324, kUnsupported},
};
static_assert(std::ranges::is_sorted(kMeaningsByCode, {}, &Row::code));

// Codes that the server uses for many things.
CodeMeaning meaningOfWords(std::int32_t code, std::string_view words) {
  const auto says = [&](std::string_view part) { return words.find(part) != std::string_view::npos; };
  constexpr std::int32_t kBadValue = 2;
  constexpr std::int32_t kIllegalOperation = 20;
  constexpr std::int32_t kPlannerFailed = 291;
  if (says("Transaction numbers are only allowed"))
    return wronglyConfigured("cannot repeat writes: set the option retryWrites to false");
  if (says("capped")) return wronglyConfigured("has a capped collection under this name: set another 'collection'");
  if (says("larger than MaxDocumentSize")) return kTooLarge;  // FerretDB
  if (says("does not have journaling"))
    return wronglyConfigured("runs without a journal, so that tasks would not survive a crash: switch it on");
  if (code == kBadValue || code == kIllegalOperation || code == kPlannerFailed) return kUnsupported;
  return {};
}

}  // namespace

CodeMeaning meaningOf(std::int32_t code, std::string_view words) {
  if (words.find("requires authentication") != std::string_view::npos) return kNeedsLogin;
  const auto row = std::ranges::lower_bound(kMeaningsByCode, code, {}, &Row::code);
  return row != kMeaningsByCode.end() && row->code == code ? row->meaning : meaningOfWords(code, words);
}

}  // namespace leptir::mongodb
