#include "tests/e2e/reporting.h"
#include "tests/support/folders.h"

namespace leptir::e2e {

ErrorReportsTest::ErrorReportsTest() {
  program = buildFolder() / "reporting_program";
  report({fileReporter()});
}

}  // namespace leptir::e2e
