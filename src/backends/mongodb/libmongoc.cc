#include "backends/mongodb/libmongoc.h"

#include <mongoc/mongoc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mutex>
#include <string>

namespace leptir::mongodb {

void initializeLibmongoc() {
  static std::once_flag once;
  std::call_once(once, [] {
    mongoc_log_set_handler(nullptr, nullptr);
    mongoc_init();
  });
}

void removeCounterFile() {
  ::shm_unlink(("/mongoc-" + std::to_string(::getpid())).c_str());
}

}  // namespace leptir::mongodb
