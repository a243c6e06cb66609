#include "service/systemd_text.h"

#include <fmt/format.h>

#include "base/escape.h"

namespace leptir::service {
namespace {

enum class Dollars { Kept, Doubled };

std::string escapedCharacter(char c, Dollars dollars) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte == 0x7f) return fmt::format("\\x{:02x}", byte);
  if (c == '%') return "%%";
  if (c == '$' && dollars == Dollars::Doubled) return "$$";
  if (c == '"' || c == '\\') return {'\\', c};
  return {c};
}

bool needsQuotes(std::string_view text) {
  return text.empty() || text.find_first_of(" '\"\\;#") != std::string_view::npos;
}

std::string word(std::string_view text, Dollars dollars) {
  std::string written;
  for (const char c : text) written += escapedCharacter(c, dollars);
  return needsQuotes(text) ? '"' + written + '"' : written;
}

}  // namespace

std::string escapedUnitProgram(const std::filesystem::path& program) {
  return word(program.string(), Dollars::Kept);
}

std::string escapedUnitArgument(std::string_view argument) {
  return word(argument, Dollars::Doubled);
}

std::string escapedUnitOptionalPath(const std::filesystem::path& path) {
  return word("-" + path.string(), Dollars::Kept);
}

std::string escapedUnitLine(std::string_view text) {
  std::string written;
  for (const char c : base::escaped(text)) written += c == '%' ? "%%" : std::string(1, c);
  return written;
}

}  // namespace leptir::service
