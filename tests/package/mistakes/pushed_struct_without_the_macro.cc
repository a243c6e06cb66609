// says: this type cannot be written as task parameters: write LEPTIR_PARAMETERS(Type, members...) below the struct
#include <leptir/leptir.h>

struct Resize {
  int width = 640;
};

bool push(leptir::Broker& broker) {
  return broker.push("image.resize", Resize{320}).has_value();
}
