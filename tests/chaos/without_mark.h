// Takes the variable by which the fixture finds processes that an instance has left behind out of the environment, for
// the start of a server that is none of them.
#pragma once

#include <cstdlib>
#include <string>

namespace leptir::chaos {

class WithoutMark {
 public:
  WithoutMark() {
    const char* const mark = std::getenv(kVariable);
    wasSet_ = mark != nullptr;
    if (wasSet_) kept_ = mark;
    ::unsetenv(kVariable);
  }
  ~WithoutMark() {
    if (wasSet_) ::setenv(kVariable, kept_.c_str(), 1);
  }
  WithoutMark(const WithoutMark&) = delete;
  WithoutMark& operator=(const WithoutMark&) = delete;

 private:
  static constexpr const char* kVariable = "LEPTIR_CHAOS";

  bool wasSet_ = false;
  std::string kept_;
};

}  // namespace leptir::chaos
