// While it lives, the C library writes and reads decimal commas: a locale that few machines have, so it is compiled
// here (localedef is a part of the C library's package).
#pragma once

#include <clocale>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "tests/support/temp_dir.h"

namespace leptir {

class CommaLocale {
 public:
  CommaLocale() : before_(std::setlocale(LC_NUMERIC, nullptr)) {
    const auto source =
        folder_.write("source", "LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \"\"\ngrouping -1\nEND LC_NUMERIC\n");
    const auto command = "localedef -c -i " + source.string() + " " + (folder_ / "comma").string() + " >/dev/null 2>&1";
    static_cast<void>(std::system(command.c_str()));  // it warns of the categories that are not there
    ::setenv("LOCPATH", folder_.path().c_str(), 1);
    if (std::setlocale(LC_NUMERIC, "comma") == nullptr)
      throw std::runtime_error("localedef made no locale: " + command);
  }
  ~CommaLocale() {
    std::setlocale(LC_NUMERIC, before_.c_str());
    ::unsetenv("LOCPATH");
  }
  CommaLocale(const CommaLocale&) = delete;
  CommaLocale& operator=(const CommaLocale&) = delete;

 private:
  TempDir folder_;
  std::string before_;
};

}  // namespace leptir
