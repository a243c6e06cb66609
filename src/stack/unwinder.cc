#include "stack/unwinder.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include <cstring>

namespace leptir::stack {
namespace {

pid_t nextThread(Dwfl*, void* process, void** thread) {
  auto& threads = static_cast<Unwinder::Process*>(process)->threads;
  const auto* last = static_cast<Unwinder::Thread*>(*thread);
  const auto index = last == nullptr ? 0 : last->index + 1;
  if (index >= threads.size()) return 0;
  *thread = &threads[index];
  return threads[index].snapshot->threads()[index].tid;
}

// Finds the copied stack that contains the address. Stacks do not overlap, so the thread need not be known.
bool readMemory(Dwfl*, Dwarf_Addr address, Dwarf_Word* result, void* process) {
  const auto& snapshot = *static_cast<const Unwinder::Process*>(process)->snapshot;
  for (std::size_t i = 0; i < snapshot.threads().size(); ++i) {
    const auto stack = snapshot.stackOf(i);
    const auto offset = address - snapshot.stackBegin(i);
    if (stack.size() < sizeof *result || offset > stack.size() - sizeof *result) continue;
    std::memcpy(result, stack.data() + offset, sizeof *result);
    return true;
  }
  return false;
}

#if defined(__x86_64__)
constexpr int kStackPointerNumber = 7;
#else
constexpr int kStackPointerNumber = 31;
#endif

bool setRegisters(Dwfl_Thread* thread, void* of) {
  const auto& [snapshot, index] = *static_cast<const Unwinder::Thread*>(of);
  const auto& registers = snapshot->threads()[index].registers;
  ::dwfl_thread_state_register_pc(thread, registers.pc);
  if (registers.count > 0) return ::dwfl_thread_state_registers(thread, 0, registers.count, registers.values);
  const Dwarf_Word stackPointer = registers.stackPointer;
  return ::dwfl_thread_state_registers(thread, kStackPointerNumber, 1, &stackPointer);
}

constexpr Dwfl_Thread_Callbacks kThreadCallbacks{.next_thread = nextThread,
                                                 .get_thread = nullptr,
                                                 .memory_read = readMemory,
                                                 .set_initial_registers = setRegisters,
                                                 .detach = nullptr,
                                                 .thread_detach = nullptr};

struct Walk {
  UnwoundStack stack;
  std::size_t maxFrames;
};

int addFrame(Dwfl_Frame* frame, void* walk) {
  auto& [stack, maxFrames] = *static_cast<Walk*>(walk);
  Dwarf_Addr address = 0;
  bool isActivation = false;
  if (!::dwfl_frame_pc(frame, &address, &isActivation)) return DWARF_CB_ABORT;
  stack.addresses.push_back(isActivation || address == 0 ? address : address - 1);
  return stack.addresses.size() < maxFrames ? DWARF_CB_OK : DWARF_CB_ABORT;
}

std::string lastError() {
  const char* text = ::dwfl_errmsg(-1);
  return text != nullptr ? text : "unknown error";
}

}  // namespace

Unwinder::Unwinder(const Symbols& symbols, const ThreadSnapshot& snapshot, int process)
    : symbols_(symbols), process_{&snapshot, {}} {
  for (std::size_t i = 0; i < snapshot.threads().size(); ++i) process_.threads.push_back({&snapshot, i});
  if (symbols.dwfl() == nullptr || !::dwfl_attach_state(symbols.dwfl(), nullptr, process, &kThreadCallbacks, &process_))
    problem_ = "cannot read the files of the process: " + lastError();
}

UnwoundStack Unwinder::unwind(std::size_t thread, std::size_t maxFrames) const {
  if (!problem_.empty()) return {.problem = problem_};
  Walk walk{{}, maxFrames};
  const auto tid = process_.snapshot->threads()[thread].tid;
  const auto end = ::dwfl_getthread_frames(symbols_.dwfl(), tid, addFrame, &walk);
  const bool isFull = walk.stack.addresses.size() >= maxFrames;
  if (end != 0 && !isFull) walk.stack.problem = "the rest cannot be unwound: " + lastError();
  return std::move(walk.stack);
}

}  // namespace leptir::stack
