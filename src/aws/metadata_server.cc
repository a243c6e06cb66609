#include "aws/metadata_server.h"

#include "aws/connection_to_aws.h"

namespace leptir::aws {
namespace {

constexpr std::size_t kMaxMetadata = 256 * 1024;

}  // namespace

Result<http::HttpAnswer> askMetadataServer(http::Method method, const std::string& url, const Headers& headers,
                                           Duration longest) {
  auto parsed = http::parseHttpUrl(url);
  if (!parsed) return parsed.error();
  http::HttpRequest request{
      .url = *std::move(parsed), .headers = headers, .method = method, .maxKeptBodyBytes = kMaxMetadata};
  request.connection = connectionToAws({}, longest);
  request.connection.timeout = longest;
  request.connection.proxies = http::Proxies::None;
  return http::send(request);
}

}  // namespace leptir::aws
