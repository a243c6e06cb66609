// Where a list of tasks goes on, as the text of a cursor. (RedisTaskLister reads the queue, then the sessions, then the
// buried tasks.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/filter_parts.h"

namespace leptir::redis {

// A place in a sorted set (list_members.lua): the first member of this score that does not sort before `beginning`, and
// `skip` members behind it.
struct MemberPosition {
  std::string score{};  // as the server writes it; empty: the first member
  std::string beginning{};
  std::uint64_t skip = 0;

  friend bool operator==(const MemberPosition&, const MemberPosition&) = default;
};

// Whether the server takes the text for a score.
bool isScore(std::string_view text);

struct ListCursor {
  using Part = broker::QueuePart;

  Part part = Part::Waiting;
  MemberPosition member{};  // of waiting and buried tasks
  std::string session{};    // of leased tasks: the session whose tasks come next
  std::uint64_t lease = 0;  // the least lease number that comes next

  friend bool operator==(const ListCursor&, const ListCursor&) = default;
};

// Printable ASCII without blanks: `w:1795462346.667348:0:7b22636e`, `l:1795462346667348:…`, `b:1795462346667348:0:…`.
std::string textOf(const ListCursor& cursor);
// An empty text is the beginning. Nothing: textOf() makes no such text.
std::optional<ListCursor> listCursorIn(std::string_view text);

}  // namespace leptir::redis
