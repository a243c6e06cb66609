// The system's text for an errno, beginning in lower case as our messages do. Where the errno is about a limit, the
// text also says which limit to raise.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace leptir::base {

inline std::string errnoText(int error) {
  std::string text = std::generic_category().message(error);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  if (error == EMFILE) text += " (raise the limit: ulimit -n, LimitNOFILE of systemd)";
  if (error == EFBIG) text += " (raise the limit: ulimit -f, LimitFSIZE of systemd)";
  if (error == ENFILE) text += " (raise fs.file-max of this machine)";
  return text;
}

}  // namespace leptir::base
