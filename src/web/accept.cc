#include "web/accept.h"

#include <algorithm>
#include <cctype>

namespace leptir::web {
namespace {

// How closely a media range of the header Accept fits a form: any type, any subtype, the type, the type in this
// version. Of several ranges that fit, the closest one counts.
enum class Fit { None, AnyType, AnySubtype, Type, Version };

struct Range {
  std::string type{};     // in lower case
  std::string version{};  // empty: any
  int quality = 1000;     // thousandths
};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// Takes what stands before `separator`, or all, from the beginning of the text.
std::string_view takePart(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(part);
}

// "1", "0.75"; any other text counts as not wanted.
int qualityOf(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
  int thousandths = (text[0] - '0') * 1000, weight = 100;
  if (text.size() > 1 && text[1] != '.') return 0;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9' || weight == 0) return 0;
    thousandths += (digit - '0') * weight;
    weight /= 10;
  }
  return std::min(thousandths, 1000);
}

Range readMediaRange(std::string_view text) {
  Range range{.type = lowerCase(takePart(text, ';'))};
  while (!text.empty()) {
    auto value = takePart(text, ';');
    const auto name = lowerCase(takePart(value, '='));
    if (name == "q") range.quality = qualityOf(value);
    if (name == "version") range.version = value;
  }
  return range;
}

Fit fitOf(const Range& range, const MediaType& form) {
  if (range.type == "*/*") return Fit::AnyType;
  const auto main = form.type.substr(0, form.type.find('/') + 1);
  if (range.type == std::string(main) + "*") return Fit::AnySubtype;
  if (range.type != form.type || (!range.version.empty() && range.version != form.version)) return Fit::None;
  return range.version.empty() ? Fit::Type : Fit::Version;
}

int acceptedQuality(std::string_view accept, const MediaType& form) {
  auto closest = Fit::None;
  int quality = 0;
  while (!accept.empty()) {
    const auto range = readMediaRange(takePart(accept, ','));
    const auto fit = fitOf(range, form);
    if (fit == Fit::None || fit < closest) continue;
    quality = fit == closest ? std::max(quality, range.quality) : range.quality;
    closest = fit;
  }
  return quality;
}

}  // namespace

std::size_t preferredForm(std::string_view accept, std::span<const MediaType> forms) {
  std::size_t best = 0;
  int most = 0;
  for (std::size_t i = 0; i < forms.size(); ++i) {
    const int wanted = acceptedQuality(accept, forms[i]);
    if (wanted <= most) continue;
    best = i;
    most = wanted;
  }
  return best;
}

}  // namespace leptir::web
