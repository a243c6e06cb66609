#include "reporters/option_reader.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/escape.h"
#include "base/nearest_word.h"

namespace leptir::reporters {
namespace {

const Json kNoOptions = Json::object();

bool hasControlCharacter(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

// Empty: the value is no number.
std::optional<double> numberOf(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return {};
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

}  // namespace

OptionReader::OptionReader(const Json& options) : options_(options.is_object() ? options : kNoOptions) {
  if (!options.is_object() && !options.is_null()) add("'options' must be a map");
}

std::optional<std::string> OptionReader::text(std::string_view key) {
  const Json* value = find(key);
  return value != nullptr ? checkedText(*value, base::inQuotes(key)) : std::nullopt;
}

std::optional<std::string> OptionReader::requiredText(std::string_view key) {
  if (!options_.contains(key)) refuse(key, "is missing");
  return text(key);
}

std::optional<std::string> OptionReader::readableFile(std::string_view key) {
  auto path = text(key);
  if (!path) return {};
  std::error_code failure;
  if (!path->starts_with('/')) {
    refuse(key, "must be a path that begins with /");
  } else if (!std::filesystem::is_regular_file(*path, failure)) {
    refuse(key, "must be a file, but " + base::inQuotes(*path, 4096) + " is none");
  } else if (::access(path->c_str(), R_OK) != 0) {
    refuse(key, "must be a file that leptir may read, but " + base::inQuotes(*path, 4096) + " is not");
  } else {
    return path;
  }
  return {};
}

std::optional<Duration> OptionReader::seconds(std::string_view key, double least, double most) {
  const Json* value = find(key);
  if (value == nullptr) return {};
  const auto number = numberOf(*value);
  if (number && *number >= least && *number <= most)
    return std::chrono::round<Duration>(std::chrono::duration<double>(*number));
  refuse(key, fmt::format("must be a number of seconds from {} to {}", least, most));
  return {};
}

std::map<std::string, std::string> OptionReader::texts(std::string_view key) {
  const Json* value = find(key);
  std::map<std::string, std::string> result;
  if (value == nullptr) return result;
  if (!value->is_object()) refuse(key, "must be a map of names to texts");
  if (!value->is_object()) return result;
  for (const auto& [name, each] : value->items()) {
    if (auto checked = checkedText(each, base::inQuotes(name) + " of " + base::inQuotes(key)))
      result.emplace(name, std::move(*checked));
  }
  return result;
}

void OptionReader::refuse(std::string_view key, std::string_view message) {
  add(base::inQuotes(key) + " " + std::string(message));
}

Result<void> OptionReader::finish() {
  for (const auto& [key, value] : options_.items()) {
    if (std::ranges::find(known_, key) != known_.end()) continue;
    const auto hint = base::didYouMean(key, known_);
    add(fmt::format("unknown option {}: {}", base::inQuotes(key),
                    hint.empty() ? fmt::format("there are {}", fmt::join(known_, ", ")) : hint));
  }
  if (firstError_) return Error(ErrorCode::Invalid, *firstError_);
  return {};
}

const Json* OptionReader::find(std::string_view key) {
  known_.push_back(key);
  const auto found = options_.find(key);
  return found != options_.end() ? &*found : nullptr;
}

std::optional<std::string> OptionReader::checkedText(const Json& value, std::string_view what) {
  if (!value.is_string()) {
    add(std::string(what) + " must be a text: put it in quotes");
    return {};
  }
  const auto& text = value.get_ref<const std::string&>();
  if (text.empty()) add(std::string(what) + " is empty");
  if (hasControlCharacter(text)) add(std::string(what) + " contains a line end or another control character");
  return text;
}

void OptionReader::add(std::string message) {
  if (!firstError_) firstError_ = std::move(message);
}

}  // namespace leptir::reporters
