// The Security Token Service, which gives credentials for roles.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "aws/credentials.h"
#include "http/http_request.h"

namespace leptir::aws {

struct Role {
  std::string arn{};
  std::string sessionName{};  // empty: leptir-HOST
  std::string externalId{};   // empty: none
  std::string duration{};     // in seconds; empty: the service's default
};

// One thread uses it. Errors are as CredentialSource::fetch() says.
class SecurityTokenService {
 public:
  // `region` may be empty: the global endpoint then. The variable AWS_ENDPOINT_URL_STS names another one.
  SecurityTokenService(std::string region, std::string caFile)
      : region_(std::move(region)), caFile_(std::move(caFile)) {}

  Result<Credentials> assumeRole(const Role& role, const Credentials& caller, Duration longest) const;
  Result<Credentials> assumeRoleWithWebIdentity(const Role& role, const std::string& token, Duration longest) const;

 private:
  using Parameters = std::vector<std::pair<std::string, std::string>>;

  Result<http::HttpRequest> requestFor(const Parameters& parameters) const;
  void sign(http::HttpRequest& request, const Credentials& caller, Time time) const;

  std::string region_;
  std::string caFile_;
};

// The endpoint of the service in a region; the global one if that is empty.
std::string securityTokenEndpoint(const std::string& region);

}  // namespace leptir::aws
