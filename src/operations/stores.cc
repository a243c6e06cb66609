#include "operations/stores.h"

#include <string_view>

#include "base/escape.h"
#include "base/nearest_word.h"

namespace leptir::operations {
namespace {

std::string allNames(std::span<const std::string_view> names) {
  std::string text;
  for (const auto name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

Error unknownBroker(const Stores& stores, const std::string& name) {
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < stores.queues.size(); ++i) known.push_back(stores.queues.name(i));
  const auto hint = base::didYouMean(name, known);
  return {ErrorCode::Invalid, "no broker is named " + base::inQuotes(name) + ": " +
                                  (hint.empty() ? "the configuration has " + allNames(known) : hint)};
}

}  // namespace

Result<std::vector<std::size_t>> brokersNamed(const Stores& stores, const std::string& name) {
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < stores.queues.size(); ++i) {
    if (name.empty() || stores.queues.name(i) == name) indexes.push_back(i);
  }
  if (indexes.empty() && !name.empty()) return unknownBroker(stores, name);
  return indexes;
}

Error atBroker(const Stores& stores, std::size_t index, const Error& error) {
  const auto where = "broker " + stores.queues.name(index);
  return error.message().starts_with(where + ":") ? error : error.in(where);
}

Error errorOfStore(const Error& error, InvalidMeaning invalid) {
  const bool isRefusal = error.code() == ErrorCode::Invalid && invalid == InvalidMeaning::NoRights;
  return isRefusal ? Error(ErrorCode::Unavailable, error.message()) : error;
}

}  // namespace leptir::operations
