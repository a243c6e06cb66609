#include "leptir/testing/stop_at_check.h"

#include <atomic>
#include <memory>

#include "leptir/stop_source.h"

namespace leptir::testing {
namespace {

class CountedChecks final : public StopState {
 public:
  explicit CountedChecks(int check) : left_(check) {}

  bool stopRequested() const override {
    if (!source_.token().stopRequested() && --left_ <= 0) source_.requestStop();
    return source_.token().stopRequested();
  }
  int descriptor() const override { return source_.token().descriptor(); }

 private:
  mutable StopSource source_;
  mutable std::atomic<int> left_;  // checks until it fires
};

}  // namespace

StopToken stopAtCheck(int check) {
  return StopToken(std::make_shared<CountedChecks>(check));
}

}  // namespace leptir::testing
