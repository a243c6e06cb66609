#include "task/json_syntax_error.h"

#include "base/utf8.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace leptir::task {
namespace {

using Json = nlohmann::json;

// nlohmann's message quotes the text that it was reading, which may be megabytes.
constexpr std::size_t kMaxMessageBytes = 200;

// Ignores all values, and keeps the message of the first syntax error.
class SyntaxErrorFinder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }

  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) override {
    const bool numberTooLarge = dynamic_cast<const Json::out_of_range*>(&error) != nullptr;
    if (!numberTooLarge)
      message_ = fmt::format("byte {}: {}", position == 0 ? 0 : position - 1, withoutPreface(error.what()));
    return false;
  }

  std::string take() { return std::move(message_); }

 private:
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …"
  static std::string withoutPreface(std::string_view message) {
    for (const std::string_view mark : {"parse error at ", ": "}) {
      const auto at = message.find(mark);
      if (at != std::string_view::npos) message.remove_prefix(at + mark.size());
    }
    std::string text(message.substr(0, kMaxMessageBytes));
    while (!base::isUtf8(text)) text.pop_back();
    return text;
  }

  std::string message_;
};

}  // namespace

std::string findJsonSyntaxError(std::string_view text) {
  // nlohmann treats a NUL byte as the end of the text.
  const auto nul = text.find('\0');
  if (nul != std::string_view::npos) {
    const auto before = findJsonSyntaxError(text.substr(0, nul));
    return before.empty() || before.find("end of input") != std::string::npos ? fmt::format("byte {}: a NUL byte", nul)
                                                                              : before;
  }
  SyntaxErrorFinder finder;
  Json::sax_parse(text, &finder);
  return finder.take();
}

}  // namespace leptir::task
