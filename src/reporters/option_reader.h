// Reads the `options` of a built-in error reporter key by key. The keys that the code asks for are the known ones.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/result.h"

namespace leptir::reporters {

// Errors are collected; the first one counts. They name the key and what is expected, never a value, since any value
// may be secret.
class OptionReader {
 public:
  // `options` outlives it.
  explicit OptionReader(const Json& options);

  // Empty: the key is not there, or its value is wrong. A text is at least one byte and has no control characters.
  std::optional<std::string> text(std::string_view key);
  // The same, and a missing key is an error.
  std::optional<std::string> requiredText(std::string_view key);
  // A path that begins with / to a file that this process can read.
  std::optional<std::string> readableFile(std::string_view key);
  // A number of seconds, which may stand in quotes, from `least` to `most`.
  std::optional<Duration> seconds(std::string_view key, double least, double most);
  // A map of names to texts; empty: the key is not there.
  std::map<std::string, std::string> texts(std::string_view key);

  // Adds an error about the value of a key: "'url' " and `message`.
  void refuse(std::string_view key, std::string_view message);
  // Call it last: Invalid with the first error, which may be a key that was not asked for.
  Result<void> finish();

 private:
  const Json* find(std::string_view key);
  std::optional<std::string> checkedText(const Json& value, std::string_view what);
  void add(std::string message);

  const Json& options_;
  std::vector<std::string_view> known_;
  std::optional<std::string> firstError_;
};

}  // namespace leptir::reporters
