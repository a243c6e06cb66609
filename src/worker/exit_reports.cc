#include "worker/exit_reports.h"

#include <cxxabi.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <typeinfo>

#include "base/utf8.h"
#include "worker/crash_report_writer.h"
#include "worker/stack_walk.h"

namespace leptir::worker {
namespace {

std::terminate_handler previousTerminateHandler = nullptr;

void copyText(char* into, const char* text) {
  const auto kept = base::utf8Prefix({text, ::strnlen(text, link::kCrashTextBytes)}, link::kCrashTextBytes - 1);
  std::memcpy(into, text, kept.size());
  into[kept.size()] = '\0';
}

// Reports the uncaught exception, if there is one. Its what() is user code and may crash, so the type is published
// first.
link::CrashReportKind reportException(link::CrashReport& report) {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return link::CrashReportKind::Terminate;
  copyText(report.exceptionType, type->name());
  publish(report, link::CrashReportKind::Exception);
  try {
    throw;
  } catch (const std::exception& error) {
    copyText(report.exceptionText, error.what());
  } catch (...) {
    copyText(report.exceptionText, "");  // no std::exception: the type says what it is
  }
  return link::CrashReportKind::Exception;
}

[[noreturn]] void onTerminate() {
  if (isWorkerProcess() && claimReport() == Role::Reporter) {
    limitReportTime(SIGABRT);
    auto& report = beginReport();
    const auto kind = reportException(report);
    copyMaps(report);
    walkStack(reinterpret_cast<std::uint64_t>(__builtin_return_address(0)), report);
    publish(report, kind);
  }
  // The standard library's handler prints the exception on stderr.
  if (previousTerminateHandler != nullptr) previousTerminateHandler();
  std::abort();
}

// User code that runs later during exit (destructors of static objects) may crash; its report then replaces this one.
void reportExit(link::CrashReportKind kind, int status, const void* from) {
  if (!isWorkerProcess() || isReportClaimed()) return;
  auto& report = beginReport();
  report.exitCode = status;
  copyMaps(report);
  walkStack(reinterpret_cast<std::uint64_t>(from), report);
  publish(report, kind);
}

void onExit(int status, void*) {
  reportExit(link::CrashReportKind::Exit, status, __builtin_return_address(0));
}
void onQuickExit() {
  reportExit(link::CrashReportKind::QuickExit, 0, __builtin_return_address(0));
}

}  // namespace

void installExitReports() {
  previousTerminateHandler = std::set_terminate(onTerminate);
  ::on_exit(onExit, nullptr);
  ::at_quick_exit(onQuickExit);
}

}  // namespace leptir::worker
