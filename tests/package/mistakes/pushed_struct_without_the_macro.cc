// says: give the struct the macro NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(
#include <leptir/leptir.h>

struct Resize {
  int width = 640;
};

bool push(leptir::Broker& broker) {
  return broker.push("image.resize", Resize{320}).has_value();
}
