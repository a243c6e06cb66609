// The text of LeaseId::handle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/spi/broker_session.h"

namespace leptir::sqs {

// A receipt handle that is longer cannot be leased: LeaseId::handle has at most 2 KiB - 16. Amazon's have some 400
// bytes.
inline constexpr std::size_t kLongestReceipt = 1900;

// What a later process of the instance must know of a lease.
struct LeaseHandle {
  std::string session{};  // which session took the lease: sessionMark()
  Time received{};        // by the clock of this machine: a message can be prolonged to 12 hours from here
  std::string receipt{};
};

// "0123456789abcdef.12": the beginning of the instance's name, and the epoch.
std::string sessionMark(const SessionId& session);

// "0123456789abcdef.12:1764500000123:RECEIPT"
std::string writeHandle(const LeaseHandle& handle);
std::optional<LeaseHandle> readHandle(std::string_view text);

}  // namespace leptir::sqs
