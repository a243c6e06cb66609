#include "operations/stack_json.h"

#include <cmath>

namespace leptir::operations {
namespace {

std::string textUnder(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t countUnder(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

int numberUnder(const Json& object, const char* key) {
  constexpr std::uint64_t kMax = 0x7fff'ffff;
  return static_cast<int>(std::min(countUnder(object, key), kMax));
}

bool flagUnder(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

// Seconds, from 0 to about the year 5000.
double secondsUnder(const Json& object, const char* key) {
  const auto found = object.find(key);
  const auto seconds = found != object.end() && found->is_number() ? found->get<double>() : 0.0;
  return std::isfinite(seconds) && seconds >= 0 && seconds < 1e11 ? seconds : 0.0;
}

Duration durationOf(double seconds) {
  return Duration(std::llround(seconds * 1e6));
}

// Calls `visit` with each object of a list.
template <class Visit>
void forEachObject(const Json& object, const char* key, Visit visit) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return;
  for (const auto& element : *found) {
    if (element.is_object()) visit(element);
  }
}

TaskStackFrame frameIn(const Json& json) {
  return {.address = countUnder(json, "address"),
          .function = textUnder(json, "function"),
          .file = textUnder(json, "file"),
          .line = numberUnder(json, "line"),
          .library = textUnder(json, "library"),
          .isInlined = flagUnder(json, "inlined"),
          .isUserCode = flagUnder(json, "user")};
}

TaskStackThread threadIn(const Json& json) {
  TaskStackThread thread{.tid = numberUnder(json, "tid"),
                         .name = textUnder(json, "name"),
                         .frames = {},
                         .problem = textUnder(json, "problem")};
  forEachObject(json, "frames", [&](const Json& frame) { thread.frames.push_back(frameIn(frame)); });
  return thread;
}

}  // namespace

Result<TaskStack> stackIn(const Json& json) {
  if (!json.is_object() || !json.contains("threads")) return Error(ErrorCode::Corrupt, "this is no stack");
  TaskStack stack;
  stack.pid = numberUnder(json, "pid");
  stack.isProgram = flagUnder(json, "program");
  stack.taken = Time(durationOf(secondsUnder(json, "taken")));
  stack.stoppedFor = durationOf(secondsUnder(json, "stoppedFor"));
  stack.leftOutThreads = countUnder(json, "leftOutThreads");
  forEachObject(json, "threads", [&](const Json& thread) { stack.threads.push_back(threadIn(thread)); });
  return stack;
}

}  // namespace leptir::operations
