#include "worker/crash_report_writer.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace leptir::worker {
namespace {

// Writing a crash report is cut off after this time: on a smashed stack the unwinder may never end.
constexpr unsigned kMaxReportSeconds = 2;

link::Slot* crashReportSlot = nullptr;
pid_t workerPid = 0;
std::atomic<pid_t> reportingThread{0};
std::atomic<int> fatalSignal{0};
std::atomic<StackOfStops> wantedStackOfStops{StackOfStops::Report};

void onReportTimeout(int) {
  const int signal = fatalSignal;
  ::signal(signal, SIG_DFL);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  ::raise(signal);
}

}  // namespace

link::CrashReport& setSlotOfCrashReports(link::Slot& slot) {
  crashReportSlot = &slot;
  workerPid = ::getpid();
  return beginReport();
}

link::Slot& slotOfCrashReports() {
  return *crashReportSlot;
}

bool isWorkerProcess() {
  return crashReportSlot != nullptr && ::getpid() == workerPid;
}

Role claimReport() {
  pid_t nobody = 0;
  const pid_t self = ::gettid();
  if (reportingThread.compare_exchange_strong(nobody, self)) return Role::Reporter;
  while (nobody != self) ::pause();  // NOLINT(bugprone-infinite-loop): for ever, unless this thread is the reporter
  return Role::HasReported;
}

bool isReportClaimed() {
  return reportingThread != 0;
}

void setStackOfStops(StackOfStops wanted) {
  wantedStackOfStops = wanted;
}

StackOfStops stackOfStops() {
  return wantedStackOfStops;
}

link::CrashReport& beginReport() {
  auto& report = crashReportSlot->crashReport();
  std::atomic_ref(report.kind).store(link::CrashReportKind::None, std::memory_order_release);
  report.pid = workerPid;
  report.signal = report.signalSender = report.exitCode = 0;
  report.faultAddress = 0;
  report.frames = report.mapsBytes = 0;
  report.exceptionType[0] = report.exceptionText[0] = '\0';
  return report;
}

void publish(link::CrashReport& report, link::CrashReportKind kind) {
  std::atomic_ref(report.kind).store(kind, std::memory_order_release);
}

void limitReportTime(int signal) {
  fatalSignal = signal;
  ::signal(SIGALRM, onReportTimeout);
  sigset_t alarm;
  ::sigemptyset(&alarm);
  ::sigaddset(&alarm, SIGALRM);
  ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  ::alarm(kMaxReportSeconds);
}

void dieBySignal(int signal) {
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace leptir::worker
