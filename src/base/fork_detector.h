// Detects that the current process is a forked child, at the cost of one memory load. getpid() would cost a system
// call.
#pragma once

namespace leptir::base {

class ForkDetector {
 public:
  ForkDetector();
  ~ForkDetector();
  ForkDetector(const ForkDetector&) = delete;
  ForkDetector& operator=(const ForkDetector&) = delete;

  // True in the process that constructed this object, false in its forked children.
  bool isSameProcess() const;

 private:
  int pid_;
  void* page_ = nullptr;  // MADV_WIPEONFORK: the kernel zeroes it in a child; null: not supported
};

}  // namespace leptir::base
