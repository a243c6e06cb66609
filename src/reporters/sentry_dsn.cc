#include "reporters/sentry_dsn.h"

#include <algorithm>

#include "http/ascii.h"

namespace leptir::reporters {
namespace {

Error invalidDsn(std::string_view what) {
  return Error(
      ErrorCode::Invalid,
      "must be a DSN like https://KEY@sentry.example.org/42 (see the project's settings), but " + std::string(what));
}

bool isKey(std::string_view text) {
  return !text.empty() && text.size() <= 128 &&
         std::ranges::all_of(text, [](char c) { return http::isLetterOrDigit(c) || c == '-' || c == '_'; });
}
bool isProject(std::string_view text) {
  return !text.empty() && text.size() <= 20 && std::ranges::all_of(text, http::isDigit);
}

// The message of parseHttpUrl describes an ordinary URL: only what it found wrong goes into a message about DSNs.
Error asDsnError(const Error& error) {
  constexpr std::string_view kBefore = ", but ";
  const auto at = error.message().find(kBefore);
  return at == std::string::npos ? error : invalidDsn(std::string_view(error.message()).substr(at + kBefore.size()));
}

}  // namespace

Result<SentryDsn> parseSentryDsn(std::string_view text) {
  auto url = http::parseHttpUrl(text);
  if (!url) return asDsnError(url.error());
  if (!url->query.empty()) return invalidDsn("it has a part behind '?'");
  if (url->user.empty()) return invalidDsn("it has no public key before an '@'");
  if (!isKey(url->user)) return invalidDsn("its public key has characters other than letters, digits, '-' and '_'");
  if (!url->password.empty() && !isKey(url->password))
    return invalidDsn("its secret key has characters other than letters, digits, '-' and '_'");
  const auto slash = url->path.rfind('/');
  const auto project = url->path.substr(slash + 1);
  if (project.empty()) return invalidDsn("it has no project number behind the last '/'");
  if (!isProject(project)) return invalidDsn("what stands behind its last '/' is no project number");
  SentryDsn dsn{.envelopeUrl = *url, .publicKey = url->user, .secretKey = url->password};
  dsn.envelopeUrl.user.clear();
  dsn.envelopeUrl.password.clear();
  dsn.envelopeUrl.path = url->path.substr(0, slash) + "/api/" + project + "/envelope/";
  return dsn;
}

}  // namespace leptir::reporters
