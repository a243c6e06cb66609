// What a key asks of the model and the terminal.
#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "top/action.h"

namespace leptir::top {

namespace request {
struct Quit {};
struct Act {
  Action action{};
};
struct Count {
  std::uint64_t countId = 0;
  Action action{};
};
struct OpenTaskText {
  TaskTextQuery textQuery{};
};
struct List {
  TaskQuery query{};
};
struct LeavePage {};
struct SetInterval {
  Duration interval{};
};
struct Redraw {};  // asks the stores now, and draws the whole screen
}  // namespace request

using Request = std::variant<request::Quit, request::Act, request::Count, request::OpenTaskText, request::List,
                             request::LeavePage, request::SetInterval, request::Redraw>;
using Requests = std::vector<Request>;

// (With an initializer list GCC 12 warns of members that are not initialized.)
inline Requests only(Request request) {
  Requests requests;
  requests.push_back(std::move(request));
  return requests;
}

}  // namespace leptir::top
