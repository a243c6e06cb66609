#include "cli/json_output.h"

#include "base/escape.h"

namespace leptir::cli {

std::string jsonForOutput(const Json& json, int indent) {
  return base::escapedInJson(json.dump(indent, ' ', false, Json::error_handler_t::replace));
}

}  // namespace leptir::cli
