// The counters `at`, `cr`, `ex`, `un` within an envelope, for stores that keep them there, and the id as it stands
// there. An envelope is other people's text: whatever else it holds stays as it is.
#pragma once

#include <string>
#include <string_view>

#include "leptir/broker_task.h"

namespace leptir {

// All zero for what is no envelope.
Counters countersIn(std::string_view envelope);

// The same envelope with these counters: the keys that it had go, those that are not zero stand at its end. What is no
// envelope comes back as it is.
std::string withCounters(std::string_view envelope, const Counters& counters);

// `td.id` with its JSON escapes as PHP writes them, whoever wrote the envelope; empty: it has none.
std::string escapedIdIn(std::string_view envelope);
// The same of an id, and back.
std::string escapedId(std::string_view id);
std::string unescapedId(std::string_view escaped);

}  // namespace leptir
