#include "leptir/result.h"

namespace leptir {

std::string_view nameOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::Unavailable:
      return "unavailable";
    case ErrorCode::Invalid:
      return "invalid";
    case ErrorCode::TooLarge:
      return "too large";
    case ErrorCode::NotFound:
      return "not found";
    case ErrorCode::Lost:
      return "lost";
    case ErrorCode::Corrupt:
      return "corrupt";
    case ErrorCode::Unsupported:
      return "unsupported";
    case ErrorCode::TimedOut:
      return "timed out";
    case ErrorCode::TaskFailed:
      return "task failed";
    case ErrorCode::Internal:
      return "internal error";
  }
  return "unknown error";
}

}  // namespace leptir
