#include "reporters/sentry_reporter.h"

#include <algorithm>
#include <stdexcept>

#include "base/task_id.h"
#include "leptir/version.h"
#include "reporters/option_reader.h"
#include "reporters/sentry_limits.h"

namespace leptir::reporters {
namespace {

http::DeliveryOptions withSentryRules(http::DeliveryOptions delivery, const SentryDsn& dsn) {
  delivery.pauseOf = sentryPause;
  delivery.longestPause = kMaxSentryPause;
  delivery.duringPause = http::DeliveryOptions::DuringPause::GiveUp;
  delivery.secrets = {dsn.publicKey, dsn.secretKey};
  return delivery;
}

// A UUID without its dashes.
std::string makeEventId() {
  auto id = base::makeTaskId();
  std::erase(id, '-');
  return id;
}

}  // namespace

Result<SentryReporter::Options> SentryReporter::readOptions(const Json& json) {
  OptionReader reader(json);
  Options options;
  if (const auto text = reader.requiredText("dsn")) {
    auto dsn = parseSentryDsn(*text);
    if (!dsn) reader.refuse("dsn", dsn.error().message());
    if (dsn) options.dsn = *std::move(dsn);
  }
  options.names.environment = reader.text("environment").value_or("");
  options.names.release = reader.text("release").value_or("");
  options.names.serverName = reader.text("server_name").value_or("");
  options.caFile = reader.readableFile("ca_file").value_or("");
  if (const auto finished = reader.finish(); !finished) return finished.error();
  return options;
}

Result<void> SentryReporter::checkOptions(const Json& options) {
  if (const auto read = readOptions(options); !read) return read.error();
  return {};
}

SentryReporter::SentryReporter(const Json& options)
    : SentryReporter(optionsOrThrow<SentryReporter>(options), http::DeliveryOptions(), systemClock()) {}

SentryReporter::SentryReporter(Options options, http::DeliveryOptions delivery, const Clock& clock)
    : RemoteReporter(withSentryRules(std::move(delivery), options.dsn), clock),
      options_(std::move(options)),
      clock_(clock) {}

http::HttpRequest SentryReporter::requestFor(const ReportedError& error) const {
  const auto id = makeEventId();
  const auto now = clock_.now();
  return {.url = options_.dsn.envelopeUrl,
          .headers = {{"Content-Type", "application/x-sentry-envelope"}, {"X-Sentry-Auth", authorization()}},
          .body = sentryEnvelope(sentryEvent(error, options_.names, id, now), id, now),
          .connection = {.caFile = options_.caFile}};
}

std::string SentryReporter::authorization() const {
  auto text = "Sentry sentry_version=7, sentry_client=leptir/" + std::string(kVersion) +
              ", sentry_key=" + options_.dsn.publicKey;
  if (!options_.dsn.secretKey.empty()) text += ", sentry_secret=" + options_.dsn.secretKey;
  return text;
}

}  // namespace leptir::reporters
