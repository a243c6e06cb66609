#include "tests/e2e/reporting.h"

namespace leptir::e2e {

ErrorReportsTest::ErrorReportsTest() {
  program = LEPTIR_REPORTING_PROGRAM;
  report({fileReporter()});
}

}  // namespace leptir::e2e
