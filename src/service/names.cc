#include "service/names.h"

#include <algorithm>
#include <string>

#include "base/escape.h"

namespace leptir::service {
namespace {

constexpr std::size_t kMaxServiceNameBytes = 64;
constexpr std::size_t kMaxUserNameBytes = 31;

// By ASCII, whatever the locale.
bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool isNameCharacter(char c) {
  return isLetter(c) || isDigit(c) || c == '-' || c == '_';
}

Error wrongServiceName(std::string_view name, std::string_view what) {
  return Error(ErrorCode::Invalid, "the name " + base::inQuotes(name) + " of the service " + std::string(what));
}

}  // namespace

Result<void> checkServiceName(std::string_view name) {
  constexpr std::string_view kUnitSuffix = ".service";
  if (name.empty()) return wrongServiceName(name, "is empty: give it a name, as in --name=mail");
  if (name.find('/') != std::string_view::npos)
    return wrongServiceName(name, "has a slash: give a name, not a path, as in --name=mail");
  if (name.ends_with(kUnitSuffix) && checkServiceName(name.substr(0, name.size() - kUnitSuffix.size())))
    return wrongServiceName(name, "ends with .service, which leptir adds: leave it out");
  if (name.size() > kMaxServiceNameBytes)
    return wrongServiceName(name, "is longer than " + std::to_string(kMaxServiceNameBytes) + " bytes: shorten it");
  if (!std::ranges::all_of(name, isNameCharacter))
    return wrongServiceName(name, "may have only letters, digits, '-' and '_'");
  if (!isLetter(name[0]) && !isDigit(name[0])) return wrongServiceName(name, "must begin with a letter or a digit");
  return {};
}

Result<void> checkUserName(std::string_view name) {
  const bool isNumber = !name.empty() && name.size() <= 10 && std::ranges::all_of(name, isDigit);
  const bool isName = !name.empty() && name.size() <= kMaxUserNameBytes && (isLetter(name[0]) || name[0] == '_') &&
                      std::ranges::all_of(name, isNameCharacter);
  if (isNumber || isName) return {};
  return Error(ErrorCode::Invalid, "the user " + base::inQuotes(name) +
                                       " has no name that every Linux accepts (at most 31 letters, digits, '-' and "
                                       "'_', beginning with a letter): name another one with --user");
}

}  // namespace leptir::service
