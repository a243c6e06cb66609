// While it lives, C functions called by this thread read and write numbers as C does, whatever locale the program has
// set: for libraries that call strtod and its like.
#pragma once

#include <locale.h>

namespace leptir {

class ClassicLocale {
 public:
  ClassicLocale() : classic_(::newlocale(LC_ALL_MASK, "C", nullptr)), before_(::uselocale(classic_)) {}
  ~ClassicLocale() {
    ::uselocale(before_);
    ::freelocale(classic_);
  }
  ClassicLocale(const ClassicLocale&) = delete;
  ClassicLocale& operator=(const ClassicLocale&) = delete;

 private:
  locale_t classic_;
  locale_t before_;
};

}  // namespace leptir
