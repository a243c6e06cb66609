#include "stack/process_stack.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "base/proc_text.h"
#include "stack/thread_snapshot.h"
#include "stack/unwinder.h"

namespace leptir::stack {
namespace {

// The stack of a worker is cut before this frame: from here outwards it is the same for every task.
constexpr std::string_view kRunWorkerFrame = "leptir::worker::runWorker(";

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::string nameOf(int process, int tid) {
  auto name = base::readProcText(process, "task/" + std::to_string(tid) + "/comm").value_or("");
  if (name.ends_with('\n')) name.pop_back();
  return name;
}

std::string_view textOf(ThreadProblem problem) {
  switch (problem) {
    case ThreadProblem::None:
      return "";
    case ThreadProblem::Ended:
      return "the thread has ended";
    case ThreadProblem::InKernel:
      return "the thread did not stop in time: it waits in the kernel, or the machine is overloaded";
    case ThreadProblem::NoRights:
      return "the kernel does not let this process look into the thread";
    case ThreadProblem::Unsupported:
      return "stacks cannot be taken on this processor";
  }
  return "";
}

// False: the function that runs tasks is reached.
bool addFramesOfTask(std::uint64_t address, const Symbols& symbols, std::vector<SourceFrame>& frames) {
  symbols.addFrames(address, frames);
  if (!frames.back().function.starts_with(kRunWorkerFrame)) return true;
  frames.pop_back();
  return false;
}

class StackReader {
 public:
  StackReader(int process, const ThreadSnapshot& snapshot, const Symbols& symbols)
      : process_(process), snapshot_(snapshot), symbols_(symbols), unwinder_(symbols, snapshot, process) {}

  ThreadStack read(std::size_t thread) const {
    const auto& copy = snapshot_.threads()[thread];
    ThreadStack stack{
        .tid = copy.tid, .name = nameOf(process_, copy.tid), .problem = std::string(textOf(copy.problem))};
    if (copy.problem == ThreadProblem::None) addFrames(thread, stack);
    return stack;
  }

 private:
  void addFrames(std::size_t thread, ThreadStack& stack) const {
    auto unwound = unwinder_.unwind(thread, kMaxFrames);
    stack.problem = std::move(unwound.problem);
    for (const auto address : unwound.addresses) {
      if (addFramesOfTask(address, symbols_, stack.frames)) continue;
      stack.problem.clear();
      break;
    }
    if (snapshot_.threads()[thread].registers.count == 0 && !stack.problem.empty())
      stack.problem = "incomplete: the thread was not stopped, as its call would fail with EINTR; " + stack.problem;
  }

  const int process_;
  const ThreadSnapshot& snapshot_;
  const Symbols& symbols_;
  const Unwinder unwinder_;
};

Error withHint(const Error& error) {
  if (error.code() != ErrorCode::Unavailable) return error;
  return {error.code(), error.message() +
                            " (to look into a process takes its user or root, and Yama's ptrace_scope and containers "
                            "can forbid it: CAP_SYS_PTRACE)"};
}

}  // namespace

Result<ProcessStack> captureProcessStack(int process) {
  const auto snapshot = ThreadSnapshot::take(process);
  if (!snapshot) return withHint(snapshot.error());
  const bool mayReadStack = !std::ranges::all_of(
      snapshot->threads(), [](const ThreadCopy& thread) { return thread.problem == ThreadProblem::NoRights; });
  if (!mayReadStack)
    return withHint(Error(ErrorCode::Unavailable,
                          "the kernel does not let this process look into process " + std::to_string(process)));
  const std::unique_ptr<std::FILE, CloseFile> maps(
      std::fopen(("/proc/" + std::to_string(process) + "/maps").c_str(), "re"));
  const Symbols symbols(maps.get(), process);
  const StackReader reader(process, *snapshot, symbols);
  ProcessStack stack{.pid = process,
                     .taken = snapshot->taken(),
                     .stoppedFor = snapshot->stoppedFor(),
                     .threads = {},
                     .leftOutThreads = snapshot->leftOutThreads()};
  for (std::size_t i = 0; i < snapshot->threads().size(); ++i) stack.threads.push_back(reader.read(i));
  return stack;
}

}  // namespace leptir::stack
