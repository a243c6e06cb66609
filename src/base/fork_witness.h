// Tells a process from its forked children at the price of one load, where getpid is a system call.
#pragma once

namespace leptir {

class ForkWitness {
 public:
  ForkWitness();
  ~ForkWitness();
  ForkWitness(const ForkWitness&) = delete;
  ForkWitness& operator=(const ForkWitness&) = delete;

  // Whether this is the process that made the witness.
  bool isStillTheSameProcess() const;

 private:
  int pid_;
  void* page_ = nullptr;  // the kernel wipes it in a child; null: it cannot
};

}  // namespace leptir
