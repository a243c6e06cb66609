#include "dispatcher/obituary.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <string_view>

#include "base/hex_text.h"
#include "base/utf8.h"
#include "dispatcher/blamed_frame.h"

namespace leptir {
namespace {

// std::bad_alloc and what a container that grew made of it; not bad_array_new_length, which is a wrong number.
bool ranOutOfMemory(const Verdict& verdict) {
  return verdict.oomKilled ||
         (verdict.lastWords == LastWordsKind::Exception && verdict.exception.starts_with("std::bad_alloc"));
}

bool diedOfMemoryFault(const Verdict& verdict) {
  return (verdict.signal == SIGSEGV || verdict.signal == SIGBUS) && verdict.lastWords == LastWordsKind::Signal;
}

std::string killedBy(const Verdict& verdict) {
  auto text = "killed by signal " + std::to_string(verdict.signal) + " (" + ::strsignal(verdict.signal) + ")";
  if (verdict.sender != 0) {
    text += " from process " + std::to_string(verdict.sender);
  } else if (diedOfMemoryFault(verdict)) {
    text += " at address " + hexText(verdict.faultAddress);
  }
  return text;
}

std::string exited(const Verdict& verdict) {
  const auto* function = verdict.lastWords == LastWordsKind::Exit        ? "exit("
                         : verdict.lastWords == LastWordsKind::QuickExit ? "quick_exit("
                                                                         : "_exit(";
  return "ended by " + (function + std::to_string(verdict.exitCode)) + ") inside the task";
}

// What a library that aborts says before.
std::string_view lastLine(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return utf8Prefix(text.substr(text.rfind('\n') + 1), 300);
}

// How glibc begins what it says of a heap that somebody wrote over.
bool isAboutTheHeap(std::string_view line) {
  constexpr std::string_view kWords[] = {"malloc",
                                         "free()",
                                         "double free",
                                         "realloc()",
                                         "calloc",
                                         "munmap_chunk",
                                         "corrupted",
                                         "memalign",
                                         "break adjusted to free",
                                         "Fatal glibc error: malloc"};
  return std::ranges::any_of(kWords, [line](std::string_view words) { return line.starts_with(words); });
}

std::string aborted(const Verdict& verdict) {
  const auto line = lastLine(verdict.stderrTail);
  if (isAboutTheHeap(line)) return "smashed heap (" + std::string(line) + "), " + killedBy(verdict);
  return killedBy(verdict) + (line.empty() ? "" : ": " + std::string(line));
}

std::string exception(const Verdict& verdict) {
  return "uncaught exception" + (verdict.exception.empty() ? "" : " " + verdict.exception);
}

std::string whatHappened(const Verdict& verdict) {
  if (verdict.oomKilled) return "out of memory, " + killedBy(verdict) + " by the kernel";
  if (ranOutOfMemory(verdict)) return "out of memory: " + exception(verdict);
  if (verdict.signal == 0) return exited(verdict);
  const bool bySelf = verdict.signal == SIGABRT;
  if (bySelf && verdict.lastWords == LastWordsKind::Exception) return exception(verdict);
  if (bySelf && verdict.lastWords == LastWordsKind::Terminate) return "ended by std::terminate";
  if (verdict.lastWords == LastWordsKind::StackOverflow) return "stack overflow, " + killedBy(verdict);
  if (bySelf && verdict.sender == 0) return aborted(verdict);
  if (verdict.signal == SIGKILL) return killedBy(verdict) + " from outside";
  return killedBy(verdict);
}

std::string where(const Verdict& verdict) {
  const auto frame = blamedFrame(verdict.stack);
  return frame.empty() ? "" : ", in " + frame;
}

}  // namespace

Cause causeOfDeath(const Verdict& verdict) {
  return ranOutOfMemory(verdict) ? Cause::OutOfMemory : Cause::Crashed;
}

std::string sentenceOfDeath(const Verdict& verdict) {
  return whatHappened(verdict) + where(verdict);
}

}  // namespace leptir
