#include "backends/sqs/sqs_errors.h"

#include <algorithm>
#include <array>

#include "base/escape.h"

namespace leptir::sqs {
namespace {

struct KnownError {
  std::string_view code;
  ErrorCode meaning;
  std::string_view advice;  // what to do, behind the service's own words
};

constexpr std::string_view kCreateQueueAdvice = "create it, or correct its address";
constexpr std::string_view kGrantAdvice = "grant the right (docs/guide/sqs.md lists them)";
constexpr std::string_view kKeysAdvice = "correct the keys";

constexpr std::array kKnownErrors{
    KnownError{"QueueDoesNotExist", ErrorCode::Unavailable, kCreateQueueAdvice},
    KnownError{"NonExistentQueue", ErrorCode::Unavailable, kCreateQueueAdvice},
    KnownError{"QueueDeletedRecently", ErrorCode::Unavailable, kCreateQueueAdvice},
    KnownError{"AccessDenied", ErrorCode::Invalid, kGrantAdvice},
    KnownError{"AccessDeniedException", ErrorCode::Invalid, kGrantAdvice},
    KnownError{"InvalidSecurity", ErrorCode::Invalid, "use https"},
    KnownError{"InvalidClientTokenId", ErrorCode::Invalid, kKeysAdvice},
    KnownError{"UnrecognizedClientException", ErrorCode::Invalid, kKeysAdvice},
    KnownError{"InvalidAccessKeyId", ErrorCode::Invalid, kKeysAdvice},
    KnownError{"MissingAuthenticationToken", ErrorCode::Invalid, kKeysAdvice},
    KnownError{"IncompleteSignature", ErrorCode::Invalid, kKeysAdvice},
    KnownError{"InvalidSignatureException", ErrorCode::Invalid, "correct sqs_secret, or set region"},
    KnownError{"SignatureDoesNotMatch", ErrorCode::Invalid, "correct sqs_secret, or set region"},
    KnownError{"AuthFailure", ErrorCode::Invalid, kKeysAdvice},
    KnownError{"InvalidAddress", ErrorCode::Invalid, "correct its address"},
    KnownError{"ExpiredToken", ErrorCode::Unavailable, "renew the keys"},
    KnownError{"ExpiredTokenException", ErrorCode::Unavailable, "renew the keys"},
    KnownError{"RequestExpired", ErrorCode::Unavailable, "set the clock of this machine"},
    KnownError{"OverLimit", ErrorCode::Unavailable, "too many messages of the queue are in flight"},
    KnownError{"BatchRequestTooLong", ErrorCode::TooLarge, "the service takes less than the queue says"},
};

// Of the KMS key that encrypts a queue: KmsDisabled, or KMS.DisabledException in older answers.
constexpr KnownError kKmsDenied{"Kms", ErrorCode::Invalid, kGrantAdvice};
constexpr KnownError kKmsUnusable{"Kms", ErrorCode::Unavailable, "make the KMS key that encrypts the queue usable"};

bool isOfKms(std::string_view code) {
  return code.starts_with("Kms") || code.starts_with("KMS.");
}

bool isThrottling(std::string_view code) {
  return code.find("Throttl") != std::string_view::npos || code == "RequestLimitExceeded" || code == "SlowDown" ||
         code == "TooManyRequestsException";
}

const KnownError* findKnownError(std::string_view code) {
  if (isThrottling(code)) return nullptr;
  if (isOfKms(code)) return isAccessDenied(code) ? &kKmsDenied : &kKmsUnusable;
  const auto* found = std::ranges::find(kKnownErrors, code, &KnownError::code);
  return found == kKnownErrors.end() ? nullptr : found;
}

ErrorCode meaningOf(const aws::JsonAnswer& answer, const KnownError* found) {
  if (found != nullptr) return found->meaning;
  return answer.status >= 500 || isThrottling(answer.errorCode) ? ErrorCode::Unavailable : ErrorCode::Invalid;
}

}  // namespace

Error errorOf(const aws::JsonAnswer& answer, std::string_view where) {
  const auto* found = findKnownError(answer.errorCode);
  std::string message(where);
  message += ": " + base::escaped(answer.errorCode);
  if (!answer.errorMessage.empty()) message += ": " + base::escaped(answer.errorMessage);
  if (found != nullptr) message.append("; ").append(found->advice);
  return Error(meaningOf(answer, found), std::move(message));
}

bool isMissingQueue(std::string_view code) {
  return code == "QueueDoesNotExist" || code == "NonExistentQueue" || code == "QueueDeletedRecently";
}

bool isAccessDenied(std::string_view code) {
  return code == "AccessDenied" || code == "AccessDeniedException" || code == "KmsAccessDenied" ||
         code == "KMS.AccessDeniedException";
}

bool isWrongKey(std::string_view code) {
  const auto* found = findKnownError(code);
  return found != nullptr && found->meaning == ErrorCode::Invalid && !isAccessDenied(code);
}

bool isLeaseOver(std::string_view code) {
  return code == "ReceiptHandleIsInvalid" || code == "InvalidParameterValue" || code == "MessageNotInflight" ||
         code == "InvalidParameterValueException" || code == "InvalidIdFormat";
}

bool isMessageRefused(std::string_view code) {
  return !code.empty() && findKnownError(code) == nullptr && !isThrottling(code);
}

}  // namespace leptir::sqs
