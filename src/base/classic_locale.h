// Switches the calling thread to the "C" locale for the lifetime of the object. Use it around libraries that call
// strtod and the like, which otherwise read and write numbers with the decimal point of the program's locale.
#pragma once

#include <locale.h>

namespace leptir::base {

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

}  // namespace leptir::base
