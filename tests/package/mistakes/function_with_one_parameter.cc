// says: takes two parameters: [](const Parameters&, leptir::TaskContext&)
#include <leptir/leptir.h>

void addTo(leptir::TaskRegistry& tasks) {
  tasks.add<leptir::Json>("x", [](const leptir::Json&) {});
}
