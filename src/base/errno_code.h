// Maps the errno of a file operation to the ErrorCode that tells the caller whether to try again.
#pragma once

#include <cerrno>

#include "leptir/result.h"

namespace leptir::base {

// Unavailable: descriptors, memory, disk space, permissions or a limit are missing. That can pass by itself or after an
// operator acts, and then the same call can succeed. Invalid: this path can never be used.
inline ErrorCode codeOfErrno(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EACCES:
    case EPERM:
    case EAGAIN:
    case EINTR:
    case EBUSY:
    case EIO:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case ENOLCK:
      return ErrorCode::Unavailable;
    default:
      return ErrorCode::Invalid;
  }
}

}  // namespace leptir::base
