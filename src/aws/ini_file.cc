#include "aws/ini_file.h"

#include "base/read_file.h"
#include "http/ascii.h"

namespace leptir::aws {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{4} << 20;

class IniParser {
 public:
  Result<void> add(std::string_view line) {
    ++lineNumber_;
    const auto text = http::trimmed(line);
    if (text.starts_with('#') || text.starts_with(';')) return {};
    if (text.empty()) return {};
    const bool isIndented = line[0] == ' ' || line[0] == '\t';
    if (isIndented && value_ != nullptr) {
      value_->append("\n").append(text);
      return {};
    }
    if (text.starts_with('[')) return beginSection(text);
    return addKey(text);
  }
  IniSections take() { return std::move(sections_); }

 private:
  Result<void> beginSection(std::string_view text) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return lineError("has no ]");
    section_ = &sections_[std::string(http::trimmed(text.substr(1, end - 1)))];
    value_ = nullptr;
    return {};
  }
  Result<void> addKey(std::string_view text) {
    const auto delimiter = text.find_first_of("=:");
    if (delimiter == std::string_view::npos || delimiter == 0) return lineError("is neither [section] nor key = value");
    if (section_ == nullptr) return lineError("stands in no section");
    value_ = &(*section_)[http::lowerCase(http::trimmed(text.substr(0, delimiter)))];
    *value_ = http::trimmed(text.substr(delimiter + 1));
    return {};
  }
  Error lineError(const std::string& what) const {
    return Error(ErrorCode::Invalid, "line " + std::to_string(lineNumber_) + " " + what);
  }

  IniSections sections_;
  IniSection* section_ = nullptr;
  std::string* value_ = nullptr;  // the value of the last key, which indented lines continue
  int lineNumber_ = 0;
};

}  // namespace

Result<IniSections> parseIni(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  IniParser parser;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1);
    if (auto added = parser.add(text.substr(0, end + 1)); !added) return added.error();
    text.remove_prefix(end + 1);
  }
  return parser.take();
}

Result<IniSections> readIniFile(const std::filesystem::path& file) {
  const auto text = base::readFile(file, kMaxBytes);
  if (!text && text.error().code() == ErrorCode::NotFound) return IniSections();
  if (!text) return text.error();
  auto sections = parseIni(text->text);
  if (!sections) return sections.error().in(file.string());
  return sections;
}

}  // namespace leptir::aws
