// What `pause` and `resume` say of pauses.
#pragma once

#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/operations/fleet_view.h"

namespace leptir::cli {

// "tasks of name mail at all brokers", "the queue of broker local". An empty broker: all; an empty name: the queue.
std::string pausedWords(const std::string& broker, const std::string& name);
// "leptir resume --broker=local", with quotes for a shell where they are needed. Both empty: all pauses end.
std::string resumeCommand(const std::string& broker, const std::string& name);

// A sentence for each pause, with the command that ends it; one for a name that is paused at several brokers.
std::vector<std::string> pauseSentences(const std::vector<PausesView::AtBroker>& pauses, Time now);

}  // namespace leptir::cli
