#include "settlement/crash_summary.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <string_view>

#include "base/hex_text.h"
#include "base/utf8.h"
#include "settlement/user_frame.h"

namespace leptir::settlement {
namespace {

// An uncaught std::bad_alloc counts; std::bad_array_new_length does not, since it comes from a wrong size.
bool ranOutOfMemory(const link::Verdict& verdict) {
  return verdict.oomKilled || (verdict.crashReportKind == link::CrashReportKind::Exception &&
                               verdict.exception.starts_with("std::bad_alloc"));
}

bool diedOfMemoryFault(const link::Verdict& verdict) {
  return (verdict.signal == SIGSEGV || verdict.signal == SIGBUS) &&
         verdict.crashReportKind == link::CrashReportKind::Signal;
}

std::string killText(const link::Verdict& verdict) {
  auto text = "killed by signal " + std::to_string(verdict.signal) + " (" + ::strsignal(verdict.signal) + ")";
  if (verdict.signalSender != 0) {
    text += " from process " + std::to_string(verdict.signalSender);
  } else if (diedOfMemoryFault(verdict)) {
    text += " at address " + base::hexText(verdict.faultAddress);
  }
  return text;
}

std::string exitText(const link::Verdict& verdict, std::string_view ran) {
  const auto* function = verdict.crashReportKind == link::CrashReportKind::Exit        ? "exit("
                         : verdict.crashReportKind == link::CrashReportKind::QuickExit ? "quick_exit("
                                                                                       : "_exit(";
  return "ended by " + (function + std::to_string(verdict.exitCode)) + ") inside " + std::string(ran);
}

// A library that aborts says why in the last line of stderr.
std::string_view lastLine(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return base::utf8Prefix(text.substr(text.rfind('\n') + 1), 300);
}

// Whether glibc complains about a corrupted heap: the words with which its messages begin.
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

std::string abortText(const link::Verdict& verdict) {
  const auto line = lastLine(verdict.stderrTail);
  if (isAboutTheHeap(line)) return "smashed heap (" + std::string(line) + "), " + killText(verdict);
  return killText(verdict) + (line.empty() ? "" : ": " + std::string(line));
}

std::string uncaughtExceptionText(const link::Verdict& verdict) {
  return "uncaught exception" + (verdict.exception.empty() ? "" : " " + verdict.exception);
}

std::string whatHappened(const link::Verdict& verdict, std::string_view ran) {
  if (verdict.oomKilled) return "out of memory, " + killText(verdict) + " by the kernel";
  if (ranOutOfMemory(verdict)) return "out of memory: " + uncaughtExceptionText(verdict);
  if (verdict.signal == 0) return exitText(verdict, ran);
  const bool bySelf = verdict.signal == SIGABRT;
  if (bySelf && verdict.crashReportKind == link::CrashReportKind::Exception) return uncaughtExceptionText(verdict);
  if (bySelf && verdict.crashReportKind == link::CrashReportKind::Terminate) return "ended by std::terminate";
  if (verdict.crashReportKind == link::CrashReportKind::StackOverflow) return "stack overflow, " + killText(verdict);
  if (bySelf && verdict.signalSender == 0) return abortText(verdict);
  if (verdict.signal == SIGKILL) return killText(verdict) + " from outside";
  return killText(verdict);
}

std::string placeText(const link::Verdict& verdict) {
  const auto frame = userFrame(verdict.stack);
  return frame.empty() ? "" : ", in " + frame;
}

}  // namespace

Cause crashCause(const link::Verdict& verdict) {
  return ranOutOfMemory(verdict) ? Cause::OutOfMemory : Cause::Crashed;
}

std::string describeCrash(const link::Verdict& verdict, std::string_view ran) {
  return whatHappened(verdict, ran) + placeText(verdict);
}

}  // namespace leptir::settlement
