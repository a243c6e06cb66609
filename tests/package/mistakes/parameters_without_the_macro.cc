// says: no task parameters can be read into this type
#include <leptir/leptir.h>

struct Resize {
  int width = 640;
};

class Task final : public leptir::BaseTask {
  leptir::ExitStatus doJob() override {
    return parameters<Resize>().width > 0 ? leptir::ExitStatus::Success : leptir::ExitStatus::Error;
  }
};
