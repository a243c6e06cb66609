// says: nodiscard
#include <leptir/leptir.h>

void push(leptir::Broker& broker) {
  broker.push("x", {{"a", 1}});
}
