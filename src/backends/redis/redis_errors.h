// What a server says instead of doing what it was asked, and what whoever asked should do about it.
#pragma once

#include <string_view>

#include "leptir/result.h"

namespace leptir {

struct RedisRefusal {
  enum class Connection {
    Stays,
    Ends,  // whoever answers there may not be the one that should, or may be soon: the next call connects anew
  };

  ErrorCode code = ErrorCode::Internal;
  Connection connection = Connection::Stays;
  std::string_view meaning;  // what it is and what to do; empty: the server's own words must do
};

// `reply` is the text of an error reply. An error within a script counts as itself.
RedisRefusal refusalOf(std::string_view reply);

// The same as an error, without where it came from.
Error errorFrom(std::string_view reply);
// Of the reply to a password: never repeats the server's words, which may be our own.
Error errorOfLogin(std::string_view reply);

// The script that was asked for by its digest is not there: nothing was done.
bool isNoScript(std::string_view reply);

}  // namespace leptir
