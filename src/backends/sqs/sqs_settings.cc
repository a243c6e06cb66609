#include "backends/sqs/sqs_settings.h"

#include <array>

#include "aws/credential_chain.h"
#include "aws/profiles.h"

namespace leptir::sqs {
namespace {

using Type = ConfigKey::Type;

// `region` and `endpoint` of the configuration win over what the address says.
Result<aws::QueueAddress> readAddress(const std::string& key, const Json& connection) {
  auto address = aws::parseQueueAddress(connection.value(key, ""));
  if (!address) return address.error().in(key);
  if (auto region = connection.value("region", ""); !region.empty()) address->region = std::move(region);
  if (auto endpoint = connection.value("endpoint", ""); !endpoint.empty()) address->endpoint = std::move(endpoint);
  if (address->region.empty()) address->region = aws::regionFromEnvironment(connection.value("profile", ""));
  if (address->region.empty()) return Error(ErrorCode::Invalid, key + ": its host names no region: set region");
  if (!address->isFifo()) return address;
  return Error(ErrorCode::Invalid, key + ": " + address->name +
                                       " is a FIFO queue, whose groups and deduplication leptir cannot keep; use a "
                                       "standard queue");
}

Result<aws::Credentials> readCredentials(const Json& connection) {
  aws::Credentials credentials{.accessKey = connection.value("sqs_key", ""),
                               .secretKey = connection.value("sqs_secret", ""),
                               .sessionToken = connection.value("session_token", "")};
  const bool hasKey = !credentials.accessKey.empty(), hasSecret = !credentials.secretKey.empty();
  if (hasKey != hasSecret)
    return Error(ErrorCode::Invalid,
                 hasKey ? "sqs_key is set, but sqs_secret is not" : "sqs_secret is set, but sqs_key is not");
  if (!hasKey && !credentials.sessionToken.empty())
    return Error(ErrorCode::Invalid, "session_token is set, but sqs_key and sqs_secret are not");
  if (hasKey && !connection.value("profile", "").empty())
    return Error(ErrorCode::Invalid, "both sqs_key and profile are set: leave one of them out");
  return credentials;
}

}  // namespace

std::span<const ConfigKey> sqsKeys() {
  static const std::array<ConfigKey, 9> keys{{
      {"sqs_queue", Type::Text, nullptr, "address of the queue: https://sqs.REGION.amazonaws.com/ACCOUNT/NAME"},
      {"sqs_key", Type::Text, "", "access key; without it, keys are found as the AWS tools find them"},
      {"sqs_secret", Type::Text, "", "secret key"},
      {"session_token", Type::Text, "", "token of temporary keys"},
      {"profile", Type::Text, "", "profile of the shared AWS files; else AWS_PROFILE, else default"},
      {"region", Type::Text, "", "region, where the address of the queue does not name it"},
      {"endpoint", Type::Text, "", "where requests go, if not to the host of the queue's address"},
      {"buried_queue", Type::Text, "", "address of the queue that buried tasks are sent to"},
      {"ca_file", Type::Path, "", "certificates of the authorities to trust, in place of the system's"},
  }};
  return keys;
}

Result<SqsSettings> readSettings(const Json& connection) {
  auto queue = readAddress("sqs_queue", connection);
  if (!queue) return queue.error();
  auto credentials = readCredentials(connection);
  if (!credentials) return credentials.error();
  SqsSettings settings{.queue = std::move(*queue),
                       .credentials = std::move(*credentials),
                       .profile = connection.value("profile", ""),
                       .caFile = connection.value("ca_file", "")};
  if (connection.value("buried_queue", "").empty()) return settings;
  auto buried = readAddress("buried_queue", connection);
  if (!buried) return buried.error();
  if (buried->endpoint != settings.queue.endpoint || buried->region != settings.queue.region)
    return Error(ErrorCode::Invalid, "buried_queue is in another region than sqs_queue");
  if (buried->url == settings.queue.url)
    return Error(ErrorCode::Invalid, "buried_queue is sqs_queue itself: buried tasks would run again");
  settings.buried = std::move(*buried);
  return settings;
}

std::unique_ptr<aws::CredentialSource> credentialSource(const SqsSettings& settings) {
  if (!settings.credentials.accessKey.empty()) return aws::fixedCredentials(settings.credentials);
  return aws::credentialChain(
      {.profile = settings.profile, .region = settings.queue.region, .caFile = settings.caFile});
}

aws::JsonClientOptions clientOptions(const SqsSettings& settings) {
  return {.endpoint = settings.queue.endpoint,
          .region = settings.queue.region,
          .service = "sqs",
          .caFile = settings.caFile};
}

}  // namespace leptir::sqs
