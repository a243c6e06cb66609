#include "reporters/reported_error.h"

#include "base/utf8.h"

namespace leptir::reporters {

std::string ReportedError::text(std::string_view key) const {
  const auto found = data.find(key);
  return found != data.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> ReportedError::texts(std::string_view key) const {
  const auto found = data.find(key);
  std::vector<std::string> result;
  if (found == data.end() || !found->is_array()) return result;
  for (const auto& each : *found) {
    if (each.is_string()) result.push_back(each.get<std::string>());
  }
  return result;
}

std::optional<double> ReportedError::number(std::string_view key) const {
  const auto found = data.find(key);
  if (found == data.end() || !found->is_number()) return {};
  return found->get<double>();
}

bool ReportedError::isCrash() const {
  return text("ErrType") == "Crash";
}

std::string beginningOf(std::string_view text, std::size_t maxBytes) {
  if (text.size() <= maxBytes) return std::string(text);
  return std::string(base::utf8Prefix(text, maxBytes)).append("…");
}

}  // namespace leptir::reporters
