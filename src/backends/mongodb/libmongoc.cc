#include "backends/mongodb/libmongoc.h"

#include <mongoc/mongoc.h>

#include <mutex>

namespace leptir::mongodb {

void initializeLibmongoc() {
  static std::once_flag once;
  std::call_once(once, [] {
    mongoc_log_set_handler(nullptr, nullptr);
    mongoc_init();
  });
}

}  // namespace leptir::mongodb
