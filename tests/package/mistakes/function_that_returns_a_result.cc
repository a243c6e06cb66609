// says: returns nothing, a leptir::ExitStatus, or a leptir::Json
#include <leptir/leptir.h>

void addTo(leptir::TaskRegistry& tasks, leptir::Broker& broker) {
  tasks.add<leptir::Json>("x", [&](const leptir::Json& all, leptir::TaskContext&) { return broker.push("y", all); });
}
