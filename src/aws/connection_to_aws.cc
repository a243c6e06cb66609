#include "aws/connection_to_aws.h"

#include "aws/environment.h"

namespace leptir::aws {

http::Connection connectionToAws(const std::string& caFile, Duration connectTimeout) {
  http::Connection connection{.caFile = caFile, .connectTimeout = connectTimeout};
  if (!caFile.empty()) return connection;
  connection.caFile = variable("AWS_CA_BUNDLE");
  if (!connection.caFile.empty()) connection.caSetting = "the variable AWS_CA_BUNDLE";
  return connection;
}

}  // namespace leptir::aws
