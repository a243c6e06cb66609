#include "c_api/last_error.h"

#include <string>

namespace leptir::c_api {
namespace {

// Where memory is too short for a message, `returnedText` is a literal.
struct LastError {
  std::string text;
  const char* returnedText = "";
};

LastError& lastErrorOfThisThread() noexcept {
  thread_local LastError error;
  return error;
}

leptir_code codeOf(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::Unavailable:
      return LEPTIR_UNAVAILABLE;
    case ErrorCode::Invalid:
      return LEPTIR_INVALID;
    case ErrorCode::TooLarge:
      return LEPTIR_TOO_LARGE;
    case ErrorCode::NotFound:
      return LEPTIR_NOT_FOUND;
    case ErrorCode::Lost:
      return LEPTIR_LOST;
    case ErrorCode::Corrupt:
      return LEPTIR_CORRUPT;
    case ErrorCode::Unsupported:
      return LEPTIR_UNSUPPORTED;
    case ErrorCode::TimedOut:
      return LEPTIR_TIMED_OUT;
    case ErrorCode::TaskFailed:  // of Broker::result, which has no function in C
    case ErrorCode::Internal:
      return LEPTIR_INTERNAL;
  }
  return LEPTIR_INTERNAL;
}

}  // namespace

leptir_code setLastError(ErrorCode code, const char* message) noexcept {
  auto& error = lastErrorOfThisThread();
  try {
    error.text = message;
    error.returnedText = error.text.c_str();
  } catch (const std::exception&) {
    error.returnedText = "out of memory: there is not enough for the text of an error";
  }
  return codeOf(code);
}

leptir_code setLastError(const Error& error) noexcept {
  return setLastError(error.code(), error.message().c_str());
}

const char* lastErrorText() noexcept {
  return lastErrorOfThisThread().returnedText;
}

}  // namespace leptir::c_api
