// What a caller should do about an errno of a file.
#pragma once

#include <cerrno>

#include "leptir/result.h"

namespace leptir {

// Unavailable: want of descriptors, memory, space, rights or a higher limit passes, by itself or by what an operator
// does, and the same call may go well later. Invalid: the path as it is can never be used.
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

}  // namespace leptir
