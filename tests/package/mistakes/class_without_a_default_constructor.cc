// says: needs a default constructor
#include <leptir/leptir.h>

class Resize final : public leptir::BaseTask {
 public:
  explicit Resize(int width) : width_(width) {}

 private:
  leptir::ExitStatus doJob() override { return width_ > 0 ? leptir::ExitStatus::Success : leptir::ExitStatus::Error; }

  int width_;
};

void addTo(leptir::TaskRegistry& tasks) {
  tasks.add<Resize>("image.resize");
}
