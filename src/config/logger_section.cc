// `loggers: NAME: {type, options, level, format}`.
#include <fmt/format.h>

#include <array>

#include "base/escape.h"
#include "base/nearest_word.h"
#include "config/map_reader.h"
#include "config/sections.h"

namespace leptir::config {
namespace {

template <class Value>
struct Choice {
  std::string_view word;
  Value value;
};

constexpr std::array<Choice<LogSinkConfig::Type>, 3> kSinkTypes = {{{"file", LogSinkConfig::Type::File},
                                                                    {"stdout", LogSinkConfig::Type::Stdout},
                                                                    {"stderr", LogSinkConfig::Type::Stderr}}};
constexpr std::array<Choice<LogLevel>, 4> kLogLevels = {
    {{"error", LogLevel::Error}, {"warning", LogLevel::Warning}, {"info", LogLevel::Info}, {"debug", LogLevel::Debug}}};

constexpr std::array<Choice<LogFormat>, 2> kLogFormats = {{{"text", LogFormat::Text}, {"json", LogFormat::JsonLines}}};

// Reads a word that must be one of `choices`.
template <class Value, std::size_t kCount>
std::optional<Value> readChoice(const Node& node, const std::string& what,
                                const std::array<Choice<Value>, kCount>& choices, ConfigErrors& errors) {
  const auto word = readName(node, what, errors);
  if (!word) return {};
  std::vector<std::string_view> words;
  for (const auto& choice : choices) {
    if (choice.word == *word) return choice.value;
    words.push_back(choice.word);
  }
  auto text = fmt::format("{} must be one of {}, not {}", what, fmt::join(words, ", "), base::inQuotes(node.text));
  if (const auto hint = base::didYouMean(*word, words); !hint.empty()) text += ": " + hint;
  errors.add(node.line, std::move(text));
  return {};
}

void readPath(MapReader& logger, const SectionContext& context, LogSinkConfig& sink) {
  const Node* node = logger.require("options");
  if (node == nullptr) return;
  MapReader options(*node, "'options' of " + logger.what(), context.errors);
  const Node* path = options.require("path");
  options.refuseUnknownKeys();
  if (path == nullptr) return;
  if (const auto text = readName(*path, options.nameOf("path"), context.errors)) {
    sink.path = (context.folder / *text).lexically_normal();
  }
}

void refuseOptions(MapReader& logger, ConfigErrors& errors) {
  const Node* node = logger.find("options");
  if (node == nullptr) return;
  MapReader options(*node, "'options' of " + logger.what(), errors);
  for (const auto& entry : node->entries) {
    errors.add(entry.line, fmt::format("unknown key {} in {}: only a logger of type file has options",
                                       base::inQuotes(entry.key), options.what()));
  }
}

LogSinkConfig readLogger(const Node::Entry& entry, const SectionContext& context) {
  MapReader logger(entry.value, "logger " + base::inQuotes(entry.key), context.errors);
  LogSinkConfig sink{.name = entry.key, .path = {}};
  const Node* typeNode = logger.require("type");
  std::optional<LogSinkConfig::Type> type;
  if (typeNode != nullptr) type = readChoice(*typeNode, logger.nameOf("type"), kSinkTypes, context.errors);
  sink.type = type.value_or(LogSinkConfig::Type::Stdout);
  if (type == LogSinkConfig::Type::File) readPath(logger, context, sink);
  if (type && type != LogSinkConfig::Type::File) refuseOptions(logger, context.errors);
  if (!type) logger.find("options");
  if (const Node* level = logger.find("level")) {
    sink.level = readChoice(*level, logger.nameOf("level"), kLogLevels, context.errors).value_or(sink.level);
  }
  if (const Node* format = logger.find("format")) {
    sink.format = readChoice(*format, logger.nameOf("format"), kLogFormats, context.errors).value_or(sink.format);
  }
  logger.refuseUnknownKeys();
  return sink;
}

}  // namespace

void readLoggers(const Node& node, const SectionContext& context, Config& config) {
  for (const auto& entry : entriesOf(node, "'loggers'", context.errors))
    config.loggers.push_back(readLogger(entry, context));
}

}  // namespace leptir::config
