# `cmake --install`: the program, the public headers, and a package that other projects find as leptir::leptir.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# What users link: every module, by way of the one on top.
add_library(leptir_library INTERFACE)
set_target_properties(leptir_library PROPERTIES EXPORT_NAME leptir)
target_include_directories(leptir_library INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(leptir_library INTERFACE leptir_cli)

# leptir::testing: what tests link beside it.
set_target_properties(leptir_testing PROPERTIES EXPORT_NAME testing)
target_include_directories(leptir_testing INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

get_property(modules GLOBAL PROPERTY LEPTIR_MODULE_LIBRARIES)
set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/leptir)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/leptirConfig.cmake.in ${CMAKE_BINARY_DIR}/package/leptirConfig.cmake
                              INSTALL_DESTINATION ${folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/leptirConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS leptir RUNTIME)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/leptir TYPE INCLUDE)
install(TARGETS leptir_library ${modules} EXPORT leptir ARCHIVE)
install(EXPORT leptir NAMESPACE leptir:: FILE leptirTargets.cmake DESTINATION ${folder})
install(FILES ${CMAKE_BINARY_DIR}/package/leptirConfig.cmake ${CMAKE_BINARY_DIR}/package/leptirConfigVersion.cmake
        DESTINATION ${folder})

# The conformance suite, as sources: a project with a backend of its own compiles it with its own GoogleTest.
set(suite ${CMAKE_SOURCE_DIR}/tests/conformance)
install(FILES ${CMAKE_SOURCE_DIR}/cmake/leptirConformance.cmake DESTINATION ${folder})
install(FILES ${suite}/backends_under_test.h ${suite}/conformance.h ${suite}/push_test.cc ${suite}/lease_test.cc
              ${suite}/settle_test.cc ${suite}/session_test.cc ${suite}/keeper_test.cc ${suite}/traits_test.cc
              ${suite}/meta_test.cc
        DESTINATION ${folder}/conformance/tests/conformance)
