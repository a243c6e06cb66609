// The keys of a record's JSON, PHP leptir's and leptir's own; docs/wire-format.md says what each holds.
#pragma once

namespace leptir::meta::key {

inline constexpr char kId[] = "id";
inline constexpr char kStatus[] = "status";
inline constexpr char kReturnCode[] = "retC";
inline constexpr char kExecutionTime[] = "exTime";
inline constexpr char kResponse[] = "respM";
inline constexpr char kType[] = "type";
inline constexpr char kStarted[] = "exStart";

inline constexpr char kLease[] = "lease";
inline constexpr char kStep[] = "step";
inline constexpr char kAttempt[] = "attempt";
inline constexpr char kCause[] = "cause";
inline constexpr char kHost[] = "host";
inline constexpr char kPid[] = "pid";
inline constexpr char kPushed[] = "pushed";
inline constexpr char kEnded[] = "exEnd";
inline constexpr char kCpuTime[] = "cpuTime";
inline constexpr char kMaxRss[] = "maxRss";
inline constexpr char kSignal[] = "signal";
inline constexpr char kStack[] = "stack";
inline constexpr char kStderr[] = "stderr";
inline constexpr char kLog[] = "taskLog";
inline constexpr char kFlow[] = "flow";
inline constexpr char kResult[] = "result";
inline constexpr char kHistory[] = "history";
inline constexpr char kEnvelope[] = "envelope";
inline constexpr char kBuried[] = "buried";
inline constexpr char kCancelledBy[] = "cancelledBy";
inline constexpr char kCancelledAt[] = "cancelledAt";

}  // namespace leptir::meta::key
