#include "cli/report_error.h"

#include <iostream>

#include "base/error_text.h"
#include "base/escape.h"
#include "base/exit_code.h"

namespace leptir::cli {

void printNoticeLine(std::string_view text) {
  std::cerr << base::commandErrorText(base::escaped(text));
}

int failStore(const Error& error) {
  fail(error);
  return base::kExitStoreUnusable;
}

int fail(const Error& error) {
  std::cerr << base::commandErrorText(error.message());
  switch (error.code()) {
    case ErrorCode::NotFound:
      return base::kExitNotFound;
    case ErrorCode::Unavailable:
    case ErrorCode::Corrupt:
      return base::kExitStoreUnusable;
    default:
      return base::kExitPartlyDone;
  }
}

}  // namespace leptir::cli
