#include "cli/replace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "base/errno_code.h"
#include "base/errno_text.h"
#include "base/private_file.h"

namespace leptir::cli {
namespace {

// Readable by all users: the node exporter runs as another user.
constexpr mode_t kReadableByAll = 0644;

Error lastFileError() {
  const int number = errno;
  return {base::codeOfErrno(number), base::errnoText(number)};
}

Result<void> writeAll(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto bytes = ::write(descriptor, content.data(), content.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return lastFileError();
    content.remove_prefix(static_cast<std::size_t>(bytes));
  }
  return {};
}

Result<void> writeTemporaryFile(const std::string& fresh, const std::filesystem::path& file, std::string_view content) {
  auto made = base::openPrivateFile(fresh, O_WRONLY | O_CREAT | O_EXCL, kReadableByAll);
  if (!made) return made.error();
  if (auto written = writeAll(made->get(), content); !written) return written;
  if (::rename(fresh.c_str(), file.c_str()) != 0) return lastFileError();
  return {};
}

}  // namespace

// The pid in the name separates two calls that write at the same time.
Result<void> replaceFile(const std::filesystem::path& file, std::string_view content) {
  const auto fresh = file.string() + "." + std::to_string(::getpid()) + ".tmp";
  ::unlink(fresh.c_str());
  auto written = writeTemporaryFile(fresh, file, content);
  if (written) return written;
  ::unlink(fresh.c_str());
  return written.error().in(file.string() + ": cannot be written");
}

}  // namespace leptir::cli
