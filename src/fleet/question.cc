#include "fleet/question.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/task_names.h"
#include "base/utf8.h"
#include "fleet/fields.h"
#include "leptir/json.h"

namespace leptir::fleet {
namespace {

// The bytes of one piece, so that an entry with the number of pieces before it stays below kMaxFleetValueBytes.
constexpr std::size_t kPieceBytes = kMaxFleetValueBytes - 16;
constexpr std::size_t kMaxErrorMessageBytes = 1024;

constexpr std::array<std::pair<Question::Kind, std::string_view>, 2> kQuestionWords{
    {{Question::Kind::Log, "log"}, {Question::Kind::Stack, "stack"}}};

constexpr std::array<ErrorCode, 5> kAnswerErrorCodes{ErrorCode::Unavailable, ErrorCode::Invalid, ErrorCode::NotFound,
                                                     ErrorCode::TimedOut, ErrorCode::Unsupported};

bool isValidMark(std::string_view text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string questionKeyPrefix(std::string_view instance) {
  return fmt::format("{}{}/", kFleetOrderKeyPrefix, instance);
}

}  // namespace

std::string keyOf(const Question& question, Time at) {
  return fmt::format("{}{:020}-{}", questionKeyPrefix(question.instance),
                     std::max<std::int64_t>(at.time_since_epoch().count(), 0), question.mark.substr(0, 8));
}

std::string textOf(const Question& question) {
  const auto* name =
      std::ranges::find(kQuestionWords, question.kind, &std::pair<Question::Kind, std::string_view>::first);
  return writeJson(
      {{"order", name->second}, {"instance", question.instance}, {"task", question.task}, {"mark", question.mark}});
}

std::optional<Question> questionOf(const FleetEntry& entry) {
  const auto object = objectIn(entry.value);
  if (!object) return std::nullopt;
  const auto name = textAt(*object, "order").value_or("");
  const auto* kind = std::ranges::find(kQuestionWords, name, &std::pair<Question::Kind, std::string_view>::second);
  auto instance = textAt(*object, "instance"), task = textAt(*object, "task"), mark = textAt(*object, "mark");
  if (kind == kQuestionWords.end() || !instance || !task || !mark) return std::nullopt;
  if (!isInstanceName(*instance) || !base::checkTaskId(*task) || !isValidMark(*mark)) return std::nullopt;
  if (!entry.key.starts_with(questionKeyPrefix(*instance))) return std::nullopt;
  return Question{kind->first, *std::move(instance), *std::move(task), *std::move(mark)};
}

std::string answerKeyPrefix(const Question& question) {
  return fmt::format("answers/{}/", question.mark);
}

std::vector<FleetEntry> entriesOf(const Question& question, std::string_view answer) {
  std::vector<std::string_view> pieces;
  do {
    pieces.push_back(base::utf8Prefix(answer, kPieceBytes));
    answer.remove_prefix(pieces.back().size());
  } while (!answer.empty());
  std::vector<FleetEntry> entries;
  for (const auto piece : pieces)
    entries.push_back({.key = fmt::format("{}{:04}", answerKeyPrefix(question), entries.size()),
                       .value = fmt::format("{}\n{}", pieces.size(), piece)});
  return entries;
}

std::optional<std::string> joinAnswer(const std::vector<FleetEntry>& entries) {
  std::string answer;
  for (const auto& [key, value] : entries) {
    std::size_t pieces = 0;
    const auto lineEnd = std::min(value.find('\n'), value.size());
    const auto [end, error] = std::from_chars(value.data(), value.data() + lineEnd, pieces);
    if (error != std::errc() || end != value.data() + lineEnd || pieces != entries.size()) return std::nullopt;
    answer.append(value, std::min(lineEnd + 1, value.size()));
  }
  return entries.empty() ? std::nullopt : std::optional(std::move(answer));
}

std::string answerText(const Result<std::string>& json) {
  if (json && json->size() > kMaxAnswerBytes)
    return answerText(Error(ErrorCode::Unavailable, "the answer is larger than a store may keep"));
  if (json) return fmt::format(R"({{"answer":{}}})", *json);
  return writeJson(
      {{"error", shortened(json.error().message(), kMaxErrorMessageBytes)}, {"code", nameOf(json.error().code())}});
}

Result<std::string> parseAnswer(std::string_view text) {
  const Error corrupt(ErrorCode::Corrupt, "the answer makes no sense");
  const auto json = parseJson(text);
  if (!json || !json->is_object()) return corrupt;
  if (const auto answer = json->find("answer"); answer != json->end()) return writeJson(*answer);
  const auto message = textAt(*json, "error", kMaxErrorMessageBytes);
  if (!message) return corrupt;
  const auto code = textAt(*json, "code").value_or("");
  const auto* known = std::ranges::find_if(kAnswerErrorCodes, [&](ErrorCode one) { return nameOf(one) == code; });
  return Error(known == kAnswerErrorCodes.end() ? ErrorCode::Unavailable : *known, *message);
}

}  // namespace leptir::fleet
