// The error of the last function of leptir/c.h that failed in this thread, and the wrapper that stops exceptions.
#pragma once

#include <exception>
#include <new>

#include "leptir/c.h"
#include "leptir/result.h"

namespace leptir::c_api {

// Keeps the message for lastErrorText of this thread, and returns the error's code. If memory is too short for the
// message, a shorter one stands in its place.
leptir_code setLastError(const Error& error) noexcept;
leptir_code setLastError(ErrorCode code, const char* message) noexcept;

// Valid until the next setLastError of this thread. Empty: there was none.
const char* lastErrorText() noexcept;

// Calls `function`, which returns Result<void>. Its error and any exception become the thread's last error.
template <class Function>
leptir_code guarded(const Function& function) noexcept {
  try {
    const Result<void> done = function();
    return done ? LEPTIR_OK : setLastError(done.error());
  } catch (const std::bad_alloc&) {
    return setLastError(ErrorCode::Internal, "out of memory");
  } catch (const std::exception& exception) {
    return setLastError(ErrorCode::Internal, exception.what());
  } catch (...) {
    return setLastError(ErrorCode::Internal, "an exception of an unknown type: report it as a bug of leptir");
  }
}

}  // namespace leptir::c_api
