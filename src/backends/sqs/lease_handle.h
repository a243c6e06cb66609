// The text of LeaseId::handle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/sqs/sqs_message.h"
#include "leptir/clock.h"
#include "leptir/spi/broker_session.h"

namespace leptir::sqs {

// The longest LeaseId::handle.
inline constexpr std::size_t kMaxHandleBytes = 2048 - 16;
// A message with a longer receipt handle cannot be leased. Amazon's have some 400 bytes.
inline constexpr std::size_t kMaxReceiptBytes = 1900;

// What a later process of the instance must know of a lease.
struct LeaseHandle {
  std::string session{};  // which session took the lease: shortSessionName()
  Time received{};        // by the clock of this machine: a message can be prolonged to 12 hours from here
  std::string receipt{};
  // The attributes of other programs. None: they have no room in the handle, so they stand in the message alone.
  std::optional<std::vector<MessageAttribute>> others{std::in_place};
};

// "0123456789abcdef.12": the beginning of the instance's name, and the epoch.
std::string shortSessionName(const SessionId& session);

// "0123456789abcdef.12:1764500000123:0:RECEIPT". In place of 0: the length of the attributes, a JSON object before the
// receipt; or ? where they have no room.
std::string writeHandle(const LeaseHandle& handle);
std::optional<LeaseHandle> readHandle(std::string_view text);

}  // namespace leptir::sqs
