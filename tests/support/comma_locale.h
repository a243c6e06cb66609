// While an object of this class lives, the C library reads and writes decimal commas. Few machines have such a locale,
// so it is compiled here (localedef belongs to the package of the C library).
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
    // Numbers need no characters; the character map that localedef would take belongs to a package that may be missing.
    const auto characters = folder_.write("charmap", "CHARMAP\nEND CHARMAP\n");
    const auto command = "localedef -c -f " + characters.string() + " -i " + source.string() + " " +
                         (folder_ / "comma").string() + " >/dev/null 2>&1";
    static_cast<void>(std::system(command.c_str()));  // it complains of the categories that the locale lacks
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
