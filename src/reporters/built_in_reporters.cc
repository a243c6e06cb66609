#include "reporters/built_in_reporters.h"

#if LEPTIR_HAS_CURL
#include "reporters/http_reporter.h"
#include "reporters/sentry_reporter.h"
#endif

namespace leptir::reporters {
namespace {

#if LEPTIR_HAS_CURL

template <class Reporter>
void add(ReporterRegistry& reporters, const char* type) {
  reporters.addBuiltIn(
      type, [](const Json& options) { return std::make_unique<Reporter>(options); }, &Reporter::checkOptions);
}

#else

// The type stays known, so that the error says what is missing instead of calling the type unknown.
void addMissing(ReporterRegistry& reporters, const char* type) {
  reporters.addBuiltIn(
      type, [](const Json&) { return std::unique_ptr<ErrorReporter>(); },
      [](const Json&) {
        return Result<void>(Error(ErrorCode::Invalid,
                                  "this build has no libcurl, which this type of error reporter needs: build leptir "
                                  "with -DLEPTIR_CURL=ON"));
      });
}

#endif

}  // namespace

void addBuiltInReporters(ReporterRegistry& reporters) {
#if LEPTIR_HAS_CURL
  add<HttpReporter>(reporters, "http");
  add<SentryReporter>(reporters, "sentry");
#else
  addMissing(reporters, "http");
  addMissing(reporters, "sentry");
#endif
}

}  // namespace leptir::reporters
