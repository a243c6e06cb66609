// Runs leptir's conformance suite on this backend, outside of leptir's tree (CMakeLists.txt beside this file).
#include "store_under_test.h"

namespace leptir::conformance {

std::vector<BackendUnderTest> backendsUnderTest() {
  return {folder::FolderUnderTest::backend()};
}

// A backend without records returns an empty list here.
std::vector<BackendUnderTest> recordStoresUnderTest() {
  return backendsUnderTest();
}

}  // namespace leptir::conformance
