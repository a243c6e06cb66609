// For tests: one command to a MongoDB server by libmongoc, independently of leptir's client.
#pragma once

#include <string>

#include "leptir/json.h"

namespace leptir {

// Sends the command, extended JSON with the command's name as its first key, and returns the reply in the relaxed form.
// Throws a std::runtime_error with the server's words on an error, also if no server answers.
Json askMongodb(const std::string& uri, const std::string& database, const std::string& command);

}  // namespace leptir
