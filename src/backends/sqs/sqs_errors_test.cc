#include "backends/sqs/sqs_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

namespace leptir::sqs {
namespace {

Error errorFor(int status, const char* code, const char* words = "") {
  return errorOf({.status = status, .errorCode = code, .errorMessage = words}, "queue tasks");
}

TEST(SqsErrors, SayWhatTheCallerShouldDo) {
  for (const auto& [status, code, expected] : std::vector<std::tuple<int, const char*, ErrorCode>>{
           {503, "ServiceUnavailable", ErrorCode::Unavailable},
           {500, "InternalFailure", ErrorCode::Unavailable},
           {500, "anything", ErrorCode::Unavailable},
           {400, "RequestThrottled", ErrorCode::Unavailable},
           {400, "ThrottlingException", ErrorCode::Unavailable},
           {403, "RequestThrottled", ErrorCode::Unavailable},
           {403, "OverLimit", ErrorCode::Unavailable},
           {400, "QueueDoesNotExist", ErrorCode::Unavailable},
           {400, "NonExistentQueue", ErrorCode::Unavailable},
           {403, "ExpiredToken", ErrorCode::Unavailable},
           {400, "KmsDisabled", ErrorCode::Unavailable},
           {400, "KMS.InvalidStateException", ErrorCode::Unavailable},
           {400, "KmsThrottled", ErrorCode::Unavailable},
           {403, "KmsAccessDenied", ErrorCode::Invalid},
           {403, "KMS.AccessDeniedException", ErrorCode::Invalid},
           {403, "AccessDenied", ErrorCode::Invalid},
           {403, "AccessDeniedException", ErrorCode::Invalid},
           {403, "InvalidClientTokenId", ErrorCode::Invalid},
           {403, "SignatureDoesNotMatch", ErrorCode::Invalid},
           {400, "BatchRequestTooLong", ErrorCode::TooLarge},
           {400, "InvalidMessageContents", ErrorCode::Invalid},
           {400, "anything", ErrorCode::Invalid},
       })
    EXPECT_EQ(errorFor(status, code).code(), expected) << status << " " << code;
}

TEST(SqsErrors, HaveTheServicesWordsAndWhatToDo) {
  EXPECT_EQ(errorFor(400, "QueueDoesNotExist", "The specified queue does not exist.").message(),
            "queue tasks: QueueDoesNotExist: The specified queue does not exist.; create it, or correct its address");
  EXPECT_EQ(errorFor(400, "Odd", "two\nlines").message(), "queue tasks: Odd: two\\nlines");
}

TEST(SqsErrors, TellALeaseThatIsOverFromAnOperationThatFailed) {
  for (const auto* code : {"ReceiptHandleIsInvalid", "InvalidParameterValue", "MessageNotInflight"})
    EXPECT_TRUE(isLeaseOver(code)) << code;
  for (const auto* code : {"", "InternalError", "ThrottlingException", "QueueDoesNotExist"})
    EXPECT_FALSE(isLeaseOver(code)) << code;
}

TEST(SqsErrors, TellAMessageThatIsNeverTakenFromWhatAnOperatorCanMend) {
  for (const auto* code : {"InvalidMessageContents", "InvalidParameterValue"})
    EXPECT_TRUE(isMessageRefused(code)) << code;
  for (const auto* code : {"", "AccessDenied", "KMS.DisabledException", "KmsThrottled", "QueueDoesNotExist"})
    EXPECT_FALSE(isMessageRefused(code)) << code;
}

}  // namespace
}  // namespace leptir::sqs
