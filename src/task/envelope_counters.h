// Reads and changes the counters `at`, `cr`, `ex` and `un` of an envelope, for stores that keep counters there, and
// reads its id. Every other byte of the envelope is kept, since applications wrote it.
#pragma once

#include <string>
#include <string_view>

#include "leptir/spi/broker_task.h"

namespace leptir::task {

// Whether the text of one of the four keys occurs. False: all counters are zero, and the envelope need not be parsed.
bool mayHaveCounters(std::string_view envelope);
// The counters of an envelope; all zero if the bytes are no envelope.
Counters countersIn(std::string_view envelope);

// Returns the envelope with its counters replaced: the old keys are removed, and the counters that are not zero are
// appended. Bytes that are no envelope are returned unchanged.
std::string withCounters(std::string_view envelope, const Counters& counters);

// `td.id` of bytes that are not decoded: where they begin as leptir and PHP leptir write an envelope, and the id needs
// no escapes. Else empty. It parses nothing, so that bytes which crash a parser cannot crash it.
std::string findIdWithoutParsing(std::string_view bytes);

// `td.id`, escaped for JSON as PHP escapes it, however the envelope escaped it. Empty: the envelope has no id.
std::string escapedIdIn(std::string_view envelope);
// escapedId escapes an id for JSON as PHP does; unescapedId is its inverse.
std::string escapedId(std::string_view id);
std::string unescapedId(std::string_view escaped);

}  // namespace leptir::task
