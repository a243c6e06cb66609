#include "backends/sqs/lease_handle.h"

#include <charconv>

namespace leptir::sqs {

namespace {

constexpr std::string_view kOmittedAttributes = "?";

// Takes the part before the next colon off `text`. None: there is no colon.
std::optional<std::string_view> takePart(std::string_view& text) {
  const auto end = text.find(':');
  if (end == std::string_view::npos) return {};
  const auto part = text.substr(0, end);
  text.remove_prefix(end + 1);
  return part;
}

std::optional<std::int64_t> parseNumberUpTo(std::string_view text, std::int64_t most) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < 0 || number > most) return {};
  return number;
}

// Takes attributes of the length that `size` says off `text`. False: they cannot be read.
bool takeAttributes(std::string_view size, std::string_view& text, LeaseHandle& handle) {
  handle.others.reset();
  if (size == kOmittedAttributes) return true;
  const auto bytes = parseNumberUpTo(size, static_cast<std::int64_t>(text.size()));
  if (!bytes) return false;
  handle.others.emplace();
  if (*bytes == 0) return true;
  const auto length = static_cast<std::size_t>(*bytes);
  const auto json = parseJson(text.substr(0, length));
  if (!json) return false;
  handle.others = messageAttributesIn(*json);
  text.remove_prefix(length);
  return true;
}

}  // namespace

std::string shortSessionName(const SessionId& session) {
  return session.instance.substr(0, 16) + "." + std::to_string(session.epoch);
}

std::string writeHandle(const LeaseHandle& handle) {
  const auto received = std::chrono::floor<std::chrono::milliseconds>(handle.received.time_since_epoch()).count();
  const auto start = handle.session + ":" + std::to_string(received) + ":";
  const auto withoutAttributes = [&](std::string_view size) {
    return start + std::string(size) + ":" + handle.receipt;
  };
  if (!handle.others) return withoutAttributes(kOmittedAttributes);
  if (handle.others->empty()) return withoutAttributes("0");
  const auto attributes = writeJson(attributesJson(*handle.others));
  auto text = start + std::to_string(attributes.size()) + ":" + attributes + handle.receipt;
  return text.size() <= kMaxHandleBytes ? text : withoutAttributes(kOmittedAttributes);
}

std::optional<LeaseHandle> readHandle(std::string_view text) {
  const auto session = takePart(text), received = takePart(text), attributes = takePart(text);
  if (!session || !received || !attributes) return {};
  const auto milliseconds = parseNumberUpTo(*received, std::chrono::milliseconds(kMaxTimeSpan).count());
  if (!milliseconds) return {};
  LeaseHandle handle{.session = std::string(*session), .received = Time(std::chrono::milliseconds(*milliseconds))};
  if (!takeAttributes(*attributes, text, handle) || text.empty()) return {};
  handle.receipt = text;
  return handle;
}

}  // namespace leptir::sqs
