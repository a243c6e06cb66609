#include "cli/instance_json.h"

namespace leptir::cli {

Json instanceJson(const link::BoardInstance& instance) {
  return {{"pid", instance.pid},
          {"session", instance.session},
          {"configuration", instance.configuration.empty() ? Json() : Json(instance.configuration)},
          {"since", unixSeconds(instance.since)},
          {"ready", instance.isReady()},
          {"done", instance.done},
          {"failed", instance.failed}};
}

}  // namespace leptir::cli
