#include "leptir/outcome.h"

namespace leptir {

std::string_view nameOf(Cause cause) {
  switch (cause) {
    case Cause::Finished:
      return "finished";
    case Cause::Threw:
      return "threw";
    case Cause::TimedOut:
      return "timed_out";
    case Cause::Cancelled:
      return "cancelled";
    case Cause::Crashed:
      return "crashed";
    case Cause::OutOfMemory:
      return "out_of_memory";
    case Cause::Discarded:
      return "discarded";
    case Cause::UnknownName:
      return "unknown_name";
    case Cause::Expired:
      return "expired";
    case Cause::Malformed:
      return "malformed";
    case Cause::SessionExpired:
      return "session_expired";
    case Cause::RetryLater:
      return "retry_later";
    case Cause::GaveBack:
      return "gave_back";
  }
  return "unknown";
}

std::vector<std::string_view> causeWords() {
  std::vector<std::string_view> words;
  for (auto cause = Cause::Finished; cause <= Cause::GaveBack; cause = static_cast<Cause>(static_cast<int>(cause) + 1))
    words.push_back(nameOf(cause));
  return words;
}

std::string_view nameOf(ExitStatus status) {
  switch (status) {
    case ExitStatus::Success:
      return "success";
    case ExitStatus::Warning:
      return "warning";
    case ExitStatus::Error:
      return "error";
    case ExitStatus::Unknown:
      return "unknown";
    case ExitStatus::TimeLimitExceeded:
      return "time limit exceeded";
  }
  return "unknown";
}

}  // namespace leptir
