// Performs an operation on many messages in batches: each entry has a result of its own.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/sqs/sqs_client.h"
#include "leptir/result.h"

namespace leptir::sqs {

// Why the operation was not performed for one message; or it is unknown whether it was.
struct EntryError {
  std::string code{};  // empty: the error is that of the whole batch
  Error error;
  bool isSendersFault = false;  // the same entry would fail again
};

// How often entries that failed by no fault of ours are tried again, and after which pauses. The thread of a feeder
// retries once at once (None), since it must not sleep. The thread of a pusher waits for the result in any case.
enum class RetryPauses { None, OfPusher };

struct BatchOperation {
  const char* name = "";  // SendMessageBatch
  aws::Repeat repeat = aws::Repeat::IfRefused;
  std::size_t mostBytes = 1 << 20;  // of the entries of one batch together
  RetryPauses pauses = RetryPauses::None;
  // The body of a request for the entries with these numbers.
  std::function<std::string(std::span<const std::size_t>)> bodyFor{};
};

// `bytes`: the size of each entry. Entries that failed by no fault of ours are tried again (RetryPauses); a batch that
// failed as a whole is not, since the client has repeated it already. No error: the entry is done.
std::vector<std::optional<EntryError>> performBatches(SqsClient& client, const BatchOperation& operation,
                                                      std::span<const std::size_t> bytes);

}  // namespace leptir::sqs
