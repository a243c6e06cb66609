// says: leptir: a task's function returns nothing, a leptir::ExitStatus, or a leptir::Json for the record's `result`; a
// bool or a number says neither
#include <leptir/leptir.h>

void addTo(leptir::TaskRegistry& tasks) {
  tasks.add("x", [](const leptir::Json&, leptir::TaskContext&) { return true; });
}
