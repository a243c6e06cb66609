#include "aws/security_token_service.h"

#include <algorithm>

#include "aws/connection_to_aws.h"
#include "aws/environment.h"
#include "aws/partition.h"
#include "aws/query_answer.h"
#include "aws/service_clock.h"
#include "aws/signing_time.h"
#include "base/host_name.h"
#include "http/ascii.h"

namespace leptir::aws {
namespace {

constexpr std::size_t kMaxSessionNameBytes = 64, kMaxBodyBytes = 256 * 1024;

std::string percentEncoded(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF", kMarks = "-._~";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool isPlain = http::isLetterOrDigit(c) || kMarks.find(c) != std::string_view::npos;
    if (isPlain)
      encoded += c;
    else
      encoded.append({'%', kHexDigits[byte >> 4], kHexDigits[byte & 15]});
  }
  return encoded;
}

// The service takes letters, digits and _+=,.@- here.
std::string sessionNameOf(const Role& role) {
  if (!role.sessionName.empty()) return role.sessionName;
  auto name = "leptir-" + base::hostName();
  std::ranges::replace_if(name, [](char c) { return !http::isLetterOrDigit(c) && c != '.' && c != '-'; }, '-');
  return name.substr(0, kMaxSessionNameBytes);
}

// Whether the answer refuses the signature's time; `clock` then takes over the time of the answer's `Date`.
bool correctClockIfRefused(const http::HttpAnswer& answer, Time used, ServiceClock& clock) {
  const auto date = answer.headers.find("date");
  return !answer.isSuccess() && date != answer.headers.end() && clock.correct(date->second, used);
}

}  // namespace

std::string securityTokenEndpoint(const std::string& region) {
  for (const auto* name : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"}) {
    if (auto url = variable(name); !url.empty()) return url;
  }
  if (region.empty()) return "https://sts.amazonaws.com";
  return "https://sts" + std::string(isVariableTrue("AWS_USE_FIPS_ENDPOINT") ? "-fips." : ".") + region + "." +
         domainOfRegion(region);
}

Result<http::HttpRequest> SecurityTokenService::requestFor(const Parameters& parameters) const {
  auto url = http::parseHttpUrl(securityTokenEndpoint(region_));
  if (!url) return url.error().in("endpoint of the security token service");
  http::HttpRequest request{
      .url = *std::move(url), .maxKeptBodyBytes = kMaxBodyBytes, .connection = connectionToAws(caFile_)};
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    request.body += (request.body.empty() ? "" : "&") + name + "=" + percentEncoded(value);
  }
  return request;
}

void SecurityTokenService::sign(http::HttpRequest& request, const Credentials& caller, Time time) const {
  request.awsSigV4Scope = "aws:amz:" + (region_.empty() ? "us-east-1" : region_) + ":sts";
  request.url.user = caller.accessKey;
  request.url.password = caller.secretKey;
  request.headers.resize(1);
  request.headers.emplace_back("X-Amz-Date", signingTime(time));
  if (!caller.sessionToken.empty()) request.headers.emplace_back("X-Amz-Security-Token", caller.sessionToken);
}

Result<Credentials> SecurityTokenService::assumeRole(const Role& role, const Credentials& caller,
                                                     Duration longest) const {
  auto request = requestFor({{"Action", "AssumeRole"},
                             {"Version", "2011-06-15"},
                             {"RoleArn", role.arn},
                             {"RoleSessionName", sessionNameOf(role)},
                             {"ExternalId", role.externalId},
                             {"DurationSeconds", role.duration}});
  if (!request) return request.error();
  request->connection.timeout = longest / 2;  // it may be sent twice
  ServiceClock clock(systemClock());
  auto time = clock.now();
  sign(*request, caller, time);
  auto answer = http::send(*request);
  if (answer && correctClockIfRefused(*answer, time, clock)) {
    sign(*request, caller, clock.now());
    answer = http::send(*request);
  }
  if (!answer) return answer.error();
  return readQueryCredentials(*answer).map_error([&](const Error& error) { return error.in(request->url.origin()); });
}

Result<Credentials> SecurityTokenService::assumeRoleWithWebIdentity(const Role& role, const std::string& token,
                                                                    Duration longest) const {
  auto request = requestFor({{"Action", "AssumeRoleWithWebIdentity"},
                             {"Version", "2011-06-15"},
                             {"RoleArn", role.arn},
                             {"RoleSessionName", sessionNameOf(role)},
                             {"DurationSeconds", role.duration},
                             {"WebIdentityToken", token}});
  if (!request) return request.error();
  request->connection.timeout = longest;
  const auto answer = http::send(*request);
  if (!answer) return answer.error();
  return readQueryCredentials(*answer).map_error([&](const Error& error) { return error.in(request->url.origin()); });
}

}  // namespace leptir::aws
