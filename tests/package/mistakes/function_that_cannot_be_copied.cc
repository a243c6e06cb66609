// says: must be copyable
#include <leptir/leptir.h>

void addTo(leptir::TaskRegistry& tasks) {
  tasks.add<leptir::Json>("x", [owned = std::make_unique<int>(1)](const leptir::Json&, leptir::TaskContext&) {});
}
