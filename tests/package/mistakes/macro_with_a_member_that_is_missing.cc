// says: widht
#include <leptir/leptir.h>

struct Resize {
  int width = 640;
};
LEPTIR_PARAMETERS(Resize, widht)
