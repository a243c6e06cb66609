// For tests: waits for something that another process or thread brings about, without guessing how long that takes.
#pragma once

#include <chrono>
#include <thread>

namespace leptir {

// Asks until the answer is yes or `limit` has passed; answers the last answer. The limit is for a broken build only, so
// it is generous.
template <class Question>
bool waitUntil(Question question, std::chrono::milliseconds limit = std::chrono::seconds(30)) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!question()) {
    if (std::chrono::steady_clock::now() >= until) return question();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace leptir
