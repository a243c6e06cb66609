# leptir_add_conformance_test(NAME SOURCE...): a test program that runs every test of leptir's conformance suite on a
# backend of yours. The sources define leptir::conformance::backendsUnderTest() and recordStoresUnderTest(), which
# tests/conformance/backends_under_test.h declares; docs/guide/own-backend.md shows how.
set(LEPTIR_CONFORMANCE_DIR ${CMAKE_CURRENT_LIST_DIR}/conformance)

function(leptir_add_conformance_test name)
  find_package(GTest REQUIRED)
  file(GLOB suite ${LEPTIR_CONFORMANCE_DIR}/tests/conformance/*_test.cc)
  add_executable(${name} ${ARGN} ${suite})
  target_include_directories(${name} PRIVATE ${LEPTIR_CONFORMANCE_DIR})
  target_link_libraries(${name} PRIVATE leptir::leptir GTest::gtest GTest::gmock GTest::gtest_main)
  include(GoogleTest)
  gtest_discover_tests(${name} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120)
endfunction()
