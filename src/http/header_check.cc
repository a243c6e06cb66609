#include "http/header_check.h"

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "http/ascii.h"

namespace leptir::http {
namespace {

constexpr std::size_t kMaxHeaderNameBytes = 128, kMaxHeaderValueBytes = 8 * 1024;

// A token of RFC 9110.
bool isHeaderName(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && name.size() <= kMaxHeaderNameBytes && std::ranges::all_of(name, [&](char c) {
    return isLetterOrDigit(c) || kMarks.find(c) != std::string_view::npos;
  });
}

// The headers that follow from how leptir sends the document.
bool isSetByLeptir(std::string_view name) {
  constexpr std::array<std::string_view, 5> kHeadersSetByLeptir = {"content-length", "transfer-encoding", "connection",
                                                                   "expect", "content-encoding"};
  return std::ranges::find(kHeadersSetByLeptir, lowerCase(name)) != kHeadersSetByLeptir.end();
}

}  // namespace

std::string complaintAboutHeader(std::string_view name, std::string_view value) {
  const auto quoted = base::inQuotes(name);
  if (!isHeaderName(name)) return "has " + quoted + ", which is no name of a header";
  if (isSetByLeptir(name)) return "has " + quoted + ", which leptir sets itself: leave it out";
  if (value.size() > kMaxHeaderValueBytes) return "has a value of more than 8192 bytes for " + quoted;
  return {};
}

}  // namespace leptir::http
