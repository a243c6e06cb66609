#include "base/stack_frame.h"
#include "base/utf8.h"
#include "leptir/json.h"
#include "stack/process_stack.h"

namespace leptir::stack {
namespace {

constexpr std::size_t kMaxFilePathBytes = 1024;
// Below fleet::kMaxAnswerBytes, since the text may have to travel through a store.
constexpr std::size_t kMaxStackTextBytes = std::size_t{900} << 10;

bool isUserFrame(const SourceFrame& frame) {
  return !frame.function.empty() &&
         base::isUserCode({.function = frame.function,
                           .file = frame.file,
                           .line = frame.line,
                           .module = frame.isOfProgram && !frame.file.empty() ? std::string_view() : frame.module});
}

Json jsonOf(const SourceFrame& frame) {
  return {{"address", frame.address},
          {"function", frame.function},
          {"file", base::utf8Prefix(frame.file, kMaxFilePathBytes)},
          {"line", frame.line},
          {"library", frame.isOfProgram ? "" : frame.module},
          {"inlined", frame.isInlined},
          {"user", isUserFrame(frame)}};
}

Json jsonOf(const ThreadStack& thread) {
  Json json{{"tid", thread.tid}, {"name", thread.name}, {"problem", thread.problem}, {"frames", Json::array()}};
  for (const auto& frame : thread.frames) json["frames"].push_back(jsonOf(frame));
  return json;
}

}  // namespace

std::string textOf(const ProcessStack& stack, StackSubject subject) {
  Json json{{"pid", stack.pid},
            {"program", subject == StackSubject::Program},
            {"taken", unixSeconds(stack.taken)},
            {"stoppedFor", std::chrono::duration<double>(stack.stoppedFor).count()},
            {"threads", Json::array()},
            {"leftOutThreads", stack.leftOutThreads}};
  for (const auto& thread : stack.threads) json["threads"].push_back(jsonOf(thread));
  auto text = writeJson(json);
  while (text.size() > kMaxStackTextBytes) {
    auto& threads = json["threads"];
    const auto kept = threads.size() * 7 / 8;
    threads.erase(threads.begin() + static_cast<std::ptrdiff_t>(kept), threads.end());
    json["leftOutThreads"] = stack.leftOutThreads + stack.threads.size() - kept;
    text = writeJson(json);
  }
  return text;
}

}  // namespace leptir::stack
