#include "backends/sqs/lease_handle.h"

#include <charconv>

namespace leptir::sqs {

using std::chrono::milliseconds;

std::string sessionMark(const SessionId& session) {
  return session.instance.substr(0, 16) + "." + std::to_string(session.epoch);
}

std::string writeHandle(const LeaseHandle& handle) {
  const auto received = std::chrono::floor<milliseconds>(handle.received.time_since_epoch()).count();
  return handle.session + ":" + std::to_string(received) + ":" + handle.receipt;
}

std::optional<LeaseHandle> readHandle(std::string_view text) {
  const auto first = text.find(':');
  if (first == std::string_view::npos) return {};
  const auto second = text.find(':', first + 1);
  if (second == std::string_view::npos || second + 1 == text.size()) return {};
  std::int64_t received = 0;
  const auto* begin = text.data() + first + 1;
  const auto* end = text.data() + second;
  const auto [stop, error] = std::from_chars(begin, end, received);
  constexpr std::int64_t kMost = milliseconds(kMaxTimeSpan).count();
  if (error != std::errc() || stop != end || received < 0 || received > kMost) return {};
  return LeaseHandle{.session = std::string(text.substr(0, first)),
                     .received = Time(milliseconds(received)),
                     .receipt = std::string(text.substr(second + 1))};
}

}  // namespace leptir::sqs
