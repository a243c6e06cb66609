#include "backends/mongodb/mongodb_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "backends/mongodb/percent_text.h"
#include "base/escape.h"
#include "base/nearest_word.h"
#include "base/utf8.h"

namespace leptir::mongodb {
namespace {

// What leptir demands of the value of an option.
enum class Demand {
  None,      // libmongoc checks it
  Wait,      // a time in ms that a call may wait: 10 to kMaxWaitMs
  True,      // leptir relies on it
  Majority,  // the write concern `w`
  Repeats,   // as None; the option may occur several times, where each other option may occur once
};

struct KnownOption {
  std::string_view name;
  Demand demand = Demand::None;
};

// Every option of libmongoc's connection strings, and its older names.
constexpr std::array kKnownOptions{
    KnownOption{"appName"},
    KnownOption{"authMechanism"},
    KnownOption{"authMechanismProperties"},
    KnownOption{"authSource"},
    KnownOption{"canonicalizeHostname"},
    KnownOption{"compressors"},
    KnownOption{"connectTimeoutMS", Demand::Wait},
    KnownOption{"directConnection"},
    KnownOption{"gssapiServiceName"},
    KnownOption{"heartbeatFrequencyMS"},
    KnownOption{"journal", Demand::True},
    KnownOption{"loadBalanced"},
    KnownOption{"localThresholdMS"},
    KnownOption{"maxIdleTimeMS"},
    KnownOption{"maxPoolSize"},
    KnownOption{"maxStalenessSeconds"},
    KnownOption{"minPoolSize"},
    KnownOption{"readConcernLevel"},
    KnownOption{"readPreference"},
    KnownOption{"readPreferenceTags", Demand::Repeats},
    KnownOption{"replicaSet"},
    KnownOption{"retryReads"},
    KnownOption{"retryWrites"},
    KnownOption{"safe", Demand::True},
    KnownOption{"serverMonitoringMode"},
    KnownOption{"serverSelectionTimeoutMS", Demand::Wait},
    KnownOption{"serverSelectionTryOnce"},
    KnownOption{"slaveOk"},
    KnownOption{"socketCheckIntervalMS"},
    KnownOption{"socketTimeoutMS", Demand::Wait},
    KnownOption{"srvMaxHosts"},
    KnownOption{"srvServiceName"},
    KnownOption{"ssl"},
    KnownOption{"sslAllowInvalidCertificates"},
    KnownOption{"sslAllowInvalidHostnames"},
    KnownOption{"sslCertificateAuthorityFile"},
    KnownOption{"sslClientCertificateKeyFile"},
    KnownOption{"sslClientCertificateKeyPassword"},
    KnownOption{"tls"},
    KnownOption{"tlsAllowInvalidCertificates"},
    KnownOption{"tlsAllowInvalidHostnames"},
    KnownOption{"tlsCAFile"},
    KnownOption{"tlsCertificateKeyFile"},
    KnownOption{"tlsCertificateKeyFilePassword"},
    KnownOption{"tlsDisableCertificateRevocationCheck"},
    KnownOption{"tlsDisableOCSPEndpointCheck"},
    KnownOption{"tlsInsecure"},
    KnownOption{"w", Demand::Majority},
    KnownOption{"waitQueueMultiple"},
    KnownOption{"waitQueueTimeoutMS", Demand::Wait},
    KnownOption{"wTimeoutMS", Demand::Wait},
    KnownOption{"zlibCompressionLevel"},
};

bool isSameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

const KnownOption* knownOption(std::string_view name) {
  const auto known = std::ranges::find_if(kKnownOptions, [&](const auto& each) { return isSameName(each.name, name); });
  return known == kKnownOptions.end() ? nullptr : &*known;
}

Error badOption(std::string_view source, std::string what) {
  return Error(ErrorCode::Invalid, fmt::format("mongodb: {}: {}", source, what));
}

Error unknownOption(std::string_view name, std::string_view source) {
  std::vector<std::string_view> names;
  for (const auto& each : kKnownOptions) names.push_back(each.name);
  auto text = fmt::format("MongoDB has no option {}", base::inQuotes(name));
  if (const auto hint = base::didYouMean(name, names); !hint.empty()) text += "; " + hint;
  return badOption(source, std::move(text));
}

bool isAllowedTimeoutMs(std::string_view value) {
  int milliseconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), milliseconds);
  return error == std::errc() && end == value.data() + value.size() && milliseconds >= 10 && milliseconds <= kMaxWaitMs;
}

// What is wrong with the value; empty: nothing.
std::string objectionTo(const KnownOption& option, std::string_view value) {
  switch (option.demand) {
    case Demand::None:
    case Demand::Repeats:
      return {};
    case Demand::Wait:
      if (isAllowedTimeoutMs(value)) return {};
      return fmt::format("'{}' must be 10 to {} (ms), since leptir's calls have to end within 5 s", option.name,
                         kMaxWaitMs);
    case Demand::True:
      if (isSameName(value, "true") || value == "1") return {};
      return fmt::format("'{}' must be true or left out: what leptir writes has to survive a crash", option.name);
    case Demand::Majority:
      if (value == "1" || value == "majority") return {};
      return fmt::format("'{}' must be majority or left out: leptir always writes to a majority", option.name);
  }
  return {};
}

// The value as it stands in a connection string; none: a connection string cannot have it.
std::optional<std::string> optionText(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return value.dump();
  return {};
}

}  // namespace

Result<void> MongodbOptions::add(std::string_view name, std::string_view value, std::string_view source) {
  const auto* known = knownOption(name);
  if (known == nullptr) return unknownOption(name, source);
  if (has(known->name) && known->demand != Demand::Repeats)
    return badOption(source, fmt::format("the option '{}' is given twice", known->name));
  if (!base::isUtf8(value) || value.find('\0') != std::string_view::npos)
    return badOption(source, fmt::format("the value of '{}' is not a text in UTF-8", known->name));
  if (auto objection = objectionTo(*known, value); !objection.empty()) return badOption(source, std::move(objection));
  // The write concern is always the same; libmongoc would take an old `safe` as a weaker one.
  if (known->demand != Demand::True && known->demand != Demand::Majority)
    options_.push_back({std::string(known->name), std::string(value)});
  return {};
}

Result<void> MongodbOptions::addMap(const Json& options) {
  constexpr std::string_view kOptionsKey = "'options'";
  for (const auto& [name, value] : options.items()) {
    const auto text = optionText(value);
    if (!text)
      return badOption(kOptionsKey, fmt::format("{} must be a text, a number, true or false", base::inQuotes(name)));
    const bool isTrue = *text == "true" || *text == "1";
    if (name == "connect") continue;  // PHP: whether to connect at once, which leptir always does
    if (name == "secondaryPreferred" && !isTrue) continue;
    auto added =
        name == "secondaryPreferred" ? add("readPreference", name, kOptionsKey) : add(name, *text, kOptionsKey);
    if (!added) return added;
  }
  return {};
}

void MongodbOptions::addDefault(std::string_view name, std::string_view value) {
  if (!has(name)) options_.push_back({std::string(name), std::string(value)});
}

bool MongodbOptions::has(std::string_view name) const {
  return std::ranges::any_of(options_, [&](const Option& each) { return isSameName(each.name, name); });
}

std::string MongodbOptions::text() const {
  std::string text;
  for (const auto& each : options_) {
    if (!text.empty()) text += '&';
    text += each.name + '=' + percentEncoded(each.value);
  }
  return text;
}

std::vector<std::string_view> MongodbOptions::names() const {
  std::vector<std::string_view> names;
  for (const auto& each : options_) names.push_back(each.name);
  return names;
}

}  // namespace leptir::mongodb
