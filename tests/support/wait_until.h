// For tests: waits for a condition that another process or thread makes true.
#pragma once

#include <chrono>
#include <thread>

namespace leptir {

// Polls until `question` returns true or `limit` has passed; returns its last answer. The limit is generous, since it
// matters only if the tested code is broken.
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
