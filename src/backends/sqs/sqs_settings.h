// The `connection` of a broker of type sqs.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "aws/credentials.h"
#include "aws/json_client.h"
#include "aws/queue_address.h"
#include "leptir/spi/backend.h"

namespace leptir::sqs {

struct SqsSettings {
  aws::QueueAddress queue{};
  std::optional<aws::QueueAddress> buried{};  // of buried tasks
  aws::Credentials credentials{};             // without a key: those of the credential chain
  std::string profile{};
  std::string caFile{};

  // The beginning of messages: "queue tasks".
  std::string where() const { return "queue " + queue.name; }
};

std::span<const ConfigKey> sqsKeys();

// Invalid: an address is none of a standard queue, one of the keys lacks the other, or both queues are not at one
// endpoint.
Result<SqsSettings> readSettings(const Json& connection);

std::unique_ptr<aws::CredentialSource> credentialSource(const SqsSettings& settings);
aws::JsonClientOptions clientOptions(const SqsSettings& settings);

}  // namespace leptir::sqs
