// What an error reply of a server means to leptir: an error code, whether the connection can go on, and what a user
// should do.
#pragma once

#include <string_view>

#include "leptir/result.h"

namespace leptir::redis {

struct RedisRefusal {
  enum class Connection {
    Stays,
    Ends,  // another server may be the right one, now or soon: the next call opens a new connection
  };

  ErrorCode code = ErrorCode::Internal;
  Connection connection = Connection::Stays;
  std::string_view meaning;  // what happened and what to do; empty: unknown, the server's own words are shown
};

// `reply` is the text of an error reply. For an error within a script, the error of the command that failed counts.
RedisRefusal refusalOf(std::string_view reply);

// As refusalOf(), as an Error whose message does not yet name the server.
Error errorFrom(std::string_view reply);
// For the reply to AUTH: never repeats the server's words, since old servers quote the password in them.
Error errorOfLogin(std::string_view reply);

// EVALSHA named a script that the server does not have. It has done nothing.
bool isNoScript(std::string_view reply);

}  // namespace leptir::redis
