// Compares documents with those that PHP leptir handed to its driver (tests/wire/mongodb_documents.json).
#include <gtest/gtest.h>

#include <fstream>

#include "backends/mongodb/bson_from_json.h"
#include "backends/mongodb/canonical_json.h"
#include "backends/mongodb/record_document.h"
#include "backends/mongodb/task_document.h"
#include "task/envelope.h"
#include "tests/support/folders.h"

namespace leptir::mongodb {
namespace {

using nlohmann::ordered_json;
using std::chrono::seconds;

ordered_json wireFile() {
  std::ifstream file(sourceFolder() / "tests/wire/mongodb_documents.json");
  return ordered_json::parse(file);
}

// The entries whose last call saves a document in that collection.
std::vector<ordered_json> savedIn(const std::string& collection) {
  std::vector<ordered_json> entries;
  for (const auto& entry : wireFile()) {
    const auto calls = entry.value("calls", ordered_json::array());
    if (calls.empty() || calls.back()["op"] != "save" || calls.back()["collection"] != collection) continue;
    entries.push_back(entry);
    entries.back()["document"] = calls.back()["document"];
  }
  return entries;
}

// A whole date of the file, {sec, usec}, is a BSON date in the database.
void addField(Document& document, const ValueView& value) {
  const auto object = value.type() == BSON_TYPE_DOCUMENT ? value.document() : std::nullopt;
  const auto time = object ? object->integer("sec") : std::nullopt;
  if (time) return void(document.add(value.key(), Time(seconds(*time))));
  document.add(value.key(), value);
}

// The document as PHP's driver stores it.
Document phpDocument(const ordered_json& fields) {
  const auto converted = documentFromJson(fields.dump(), Unstorable::Refuse).value();
  Document document;
  DocumentView(converted.document).forEach([&](const ValueView& value) { addField(document, value); });
  return document;
}

// What leptir writes beside PHP leptir's fields is left out.
Document withoutOwnFields(DocumentView document) {
  Document rest;
  document.forEach([&](const ValueView& value) {
    if (value.key() != "leptir") rest.add(value.key(), value);
  });
  return rest;
}

TEST(GoldenTaskDocuments, AreTasksOfTheSameIdNameAndTime) {
  int read = 0;
  for (const auto& entry : savedIn("leptir.tasks")) {
    const auto document = phpDocument(entry["document"]);
    const auto leased = leasedTask(document);
    const auto head = task::decodeEnvelope(leased.envelope);
    ASSERT_TRUE(head) << entry["note"] << head.error().message();
    EXPECT_EQ(head->id, entry["returned_id"].get<std::string>());
    EXPECT_EQ(head->name, "App\\Tasks\\Mail\\SendMail");
    const auto at = head->timeOfExecution.value_or(Time(seconds(entry.value("pushed_at_unix", 0))));
    EXPECT_EQ(dueOfForeign(document), at) << entry["note"];
    ++read;
  }
  EXPECT_EQ(read, 6);
}

TEST(GoldenTaskDocuments, AreWrittenByLeptirWithTheSameFieldsTypesAndOrder) {
  for (const auto& entry : savedIn("leptir.tasks")) {
    const auto& fields = entry["document"];
    BrokerTask task;
    task.id = fields["td"]["id"];
    task.name = fields["cn"];
    task.parameters = fields["td"]["parameters"].dump();
    task.priority = fields["pr"];
    task.timeLimitSeconds = fields["tl"];
    if (fields["toex"].is_number()) task.timeOfExecution = Time(seconds(fields["toex"].get<std::int64_t>()));
    const auto due = task.timeOfExecution.value_or(Time(seconds(entry.value("pushed_at_unix", 0))));
    const auto ours = withoutOwnFields(taskDocument(EncodedTask::encode(task).value(), due, 16 * 1024 * 1024).value());

    auto php = fields;
    const auto phpId = php["_id"].get<std::string>();
    php["_id"] = *DocumentView(ours).text("_id");
    EXPECT_EQ(canonicalExtendedJson(ours), canonicalExtendedJson(phpDocument(php))) << entry["note"];
    if (due < Time()) continue;  // PHP leptir's ids of such times order wrongly
    const auto ourId = DocumentView(ours).text("_id")->substr(0, phpId.size() - 8);
    EXPECT_EQ(ourId, phpId.substr(0, phpId.size() - 8)) << entry["note"];
  }
}

TEST(GoldenTaskDocuments, OfLeptirAreSeenByPhpsQueryInTheSecondAfterTheirDueTime) {
  int compared = 0;
  for (const auto& entry : wireFile()) {
    if (!entry.contains("at_unix") || !entry.contains("id")) continue;
    const auto bound = entry["id"].get<std::string>();
    const Time now(seconds(entry["at_unix"].get<std::int64_t>()));
    EXPECT_LT(documentId(now - Duration(1), 0), bound);
    EXPECT_GT(documentId(now + Duration(1), 0), bound);
    ++compared;
  }
  EXPECT_EQ(compared, 1);
}

TEST(GoldenTaskDocuments, NameTheTimeInEachIdOfPhp) {
  for (const auto& entry : wireFile()) {
    for (const auto& id : entry.value("ids", ordered_json::array()))
      EXPECT_EQ(dueIn(id.get<std::string>()), Time(seconds(1394130387)));
  }
}

// A MetaInfo with the fields of a record that PHP leptir wrote; others than these are additional ones.
MetaInfo likePhpLeptir(ordered_json record) {
  MetaInfo info;
  info.id = record["_id"];
  info.returnCode = static_cast<ExitStatus>(record["retC"].get<int>());
  info.executionTime = record["exTime"];
  info.response = record["respM"];
  info.type = record["type"];
  info.started = Time(seconds(record["exStart"]["sec"].get<std::int64_t>()));
  info.attempt = 0;  // the field of leptir's own that is never missing otherwise
  for (const auto* known : {"_id", "status", "retC", "exTime", "respM", "type", "exStart"}) record.erase(known);
  if (record.contains("when"))
    record["when"] = {{"date", "2014-05-13 16:53:20.000000"}, {"timezone_type", 3}, {"timezone", "UTC"}};
  if (!record.empty()) info.additional = record.dump();
  return info;
}

TEST(GoldenRecordDocuments, AreWrittenByLeptirWithTheSameFieldsAndTypes) {
  int compared = 0;
  for (const auto& entry : savedIn("leptir.info")) {
    const auto& fields = entry["document"];
    const auto document = withoutOwnFields(recordDocument(likePhpLeptir(fields), Time(), {}));
    EXPECT_EQ(recordOf(document), recordOf(phpDocument(fields))) << entry["note"];
    for (const auto& [name, value] : fields.items())
      EXPECT_EQ(DocumentView(document).find(name)->type(), DocumentView(phpDocument(fields)).find(name)->type())
          << name;
    ++compared;
  }
  EXPECT_EQ(compared, 5);
}

TEST(GoldenRecordDocuments, HaveTheSameBytesWithoutAdditionalFields) {
  const auto fields = savedIn("leptir.info").front()["document"];
  EXPECT_EQ(canonicalExtendedJson(withoutOwnFields(recordDocument(likePhpLeptir(fields), Time(), {}))),
            canonicalExtendedJson(phpDocument(fields)));
}

}  // namespace
}  // namespace leptir::mongodb
