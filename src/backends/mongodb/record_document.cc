#include "backends/mongodb/record_document.h"

#include <algorithm>
#include <string>
#include <utility>

#include "backends/mongodb/bson_from_json.h"
#include "backends/mongodb/bson_to_json.h"
#include "meta/php_date.h"
#include "meta/record_keys.h"
#include "task/json_text.h"

namespace leptir::mongodb {
namespace {

namespace key = meta::key;

bool isReserved(std::string_view name) {
  return name == "_id" || name == "leptir";
}

// Fields that are doubles also when their value is whole.
bool isSeconds(std::string_view name) {
  return name == key::kExecutionTime || name == key::kCpuTime || name == key::kPushed || name == key::kEnded;
}

// The time of an object that has just the members of PHP's JSON form of a date, in any order: those of additional
// fields are sorted by name.
std::optional<Time> phpDateIn(const ValueView& value) {
  if (value.type() != BSON_TYPE_DOCUMENT) return {};
  const auto object = *value.document();
  int members = 0;
  object.forEach([&](const ValueView&) { ++members; });
  const bool isInUtc = object.text("timezone") == "UTC" && object.integer("timezone_type") == 3;
  const auto date = object.text("date");
  return members == 3 && isInUtc && date ? meta::timeOfPhpDate(*date) : std::nullopt;
}

// Builds the document of a record field by field.
class RecordFields {
 public:
  void add(const ValueView& value) {
    const auto name = value.key();
    if (name == key::kId) return;
    if (isReserved(name)) return void(isExact_ = false);
    if (const auto time = phpDateIn(value)) return addDate(name, *time);
    if (isSeconds(name) && value.integer()) return void(document_.add(name, static_cast<double>(*value.integer())));
    document_.add(name, value);
  }

  bool isExact() const { return isExact_; }
  const Document& microseconds() const { return microseconds_; }
  Document take() { return std::move(document_); }

 private:
  void addDate(std::string_view name, Time time) {
    document_.add(name, time);
    const auto rest = time - std::chrono::floor<std::chrono::milliseconds>(time);
    if (rest != Duration::zero()) microseconds_.add(name, rest.count());
  }

  Document document_;
  Document microseconds_;
  bool isExact_ = true;
};

// The time of a date field with the microseconds that BSON cut off; none: it is no date that PHP's form can have.
std::optional<Time> timeOf(const ValueView& value, const std::optional<DocumentView>& cutOff) {
  const auto time = value.date();
  if (!time || !meta::isPhpDate(*time)) return {};
  const auto rest = cutOff ? cutOff->member(value.key()) : std::nullopt;
  const auto count = rest ? rest->integer().value_or(0) : 0;
  return *time + Duration(std::clamp<std::int64_t>(count, 0, 999));
}

std::string recordText(DocumentView document) {
  std::string text = R"({"id":)";
  const auto id = document.find("_id");
  if (id) appendJson(*id, text, 1);
  if (!id) text += R"("")";
  const auto cutOff = document.document("leptir.us");
  document.forEach([&](const ValueView& value) {
    if (isReserved(value.key()) || value.key() == key::kId) return;
    text += ',';
    task::appendPhpJsonString(value.key(), text);
    text += ':';
    if (const auto time = timeOf(value, cutOff)) return meta::appendPhpDate(*time, text);
    appendJson(value, text, 1);
  });
  return text + '}';
}

}  // namespace

Document recordDocument(const MetaInfo& info, Time saved, std::optional<Time> expires) {
  std::string text;
  writeMetaInfo(info, text);
  const auto converted =
      documentFromJson(text, Unstorable::Replace).value_or(DocumentFromJson{.document = {}, .isExact = false});
  RecordFields fields;
  DocumentView(converted.document).forEach([&](const ValueView& value) { fields.add(value); });

  Document own;
  own.add("lease", static_cast<std::int64_t>(info.lease)).add("step", static_cast<int>(info.step));
  own.add("saved", saved.time_since_epoch().count());
  if (expires) own.add("expires", *expires);
  if (!fields.microseconds().isEmpty()) own.add("us", fields.microseconds());
  if (!converted.isExact || !fields.isExact()) own.add("text", text);
  auto document = fields.take();
  document.add("_id", info.id).add("leptir", own);
  return document;
}

Json recordOf(DocumentView document) {
  if (const auto text = document.text("leptir.text")) {
    if (auto record = parseJson(*text)) return std::move(*record);
  }
  if (auto record = parseJson(recordText(document))) return std::move(*record);
  return Json{{"id", document.text("_id").value_or(std::string_view())}};  // it nests too deep
}

}  // namespace leptir::mongodb
