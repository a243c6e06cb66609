// A connection string (mongodb://user:password@db1:27017,db2/database?option=value) taken apart and put together.
#pragma once

#include <string>
#include <string_view>

#include "backends/mongodb/mongodb_options.h"
#include "leptir/result.h"

namespace leptir::mongodb {

struct ConnectionString {
  bool isSrv = false;    // mongodb+srv: the hosts stand in DNS
  std::string user;      // decoded, as `password` and `database`
  std::string password;  // empty: none
  std::string hosts;     // as written: "db1:27017,db2"
  std::string database;  // empty: none
  MongodbOptions options;

  std::string text() const;
  // The same without the password and with another user, so that errors about it give nothing away.
  std::string redactedText() const;
};

// Reads the value of `uri`. Invalid: it is no connection string, or has an option that leptir refuses. Messages never
// hold parts of it that may belong to the user or the password.
Result<ConnectionString> parseConnectionString(std::string_view uri);

}  // namespace leptir::mongodb
