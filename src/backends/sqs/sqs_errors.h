// What the errors of Amazon SQS mean for the callers of a broker.
#pragma once

#include <string>
#include <string_view>

#include "aws/json_client.h"
#include "leptir/result.h"

namespace leptir::sqs {

// The error of an answer that has an errorCode. Unavailable: later it may work (throttled, 5xx, too many messages in
// flight, expired credentials, the queue does not exist). Invalid: the configuration or the rights must be changed.
// TooLarge: a message or a batch exceeds the service's limit. The message is "where: what; what to do".
Error errorOf(const aws::JsonAnswer& answer, std::string_view where);

// Whether the code says that the queue does not exist, or that the keys have no right to the operation.
bool isMissingQueue(std::string_view code);
bool isAccessDenied(std::string_view code);
// Whether the code says that the keys or the signature are wrong.
bool isWrongKey(std::string_view code);
// Whether the code of a batch's entry says that the lease is over: the handle is no longer that of a message in flight,
// or it cannot be prolonged.
bool isLeaseOver(std::string_view code);
// Whether the code of a batch's entry, which failed by the sender's fault, says that the service never takes this
// message. Rights, keys of KMS and the queue can be mended, and then it does.
bool isMessageRefused(std::string_view code);

}  // namespace leptir::sqs
