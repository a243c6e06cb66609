# `cmake --install`: the program, the public headers, the libraries, a CMake package and pkg-config files. No installed
# file names the prefix, so that the whole may be moved.
include(CMakePackageConfigHelpers)
include(PkgConfigFiles)

get_property(modules GLOBAL PROPERTY LEPTIR_MODULES)
get_property(LEPTIR_BACKENDS GLOBAL PROPERTY LEPTIR_BACKENDS)
list(REMOVE_ITEM modules c_api)
list(TRANSFORM modules PREPEND leptir_)
set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/leptir)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/leptirConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/package/leptirConfig.cmake INSTALL_DESTINATION ${folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/leptirConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)

# All that is installed: `make` builds it, so that `cmake --install` works after it.
add_custom_target(installed DEPENDS leptir leptir_c ${modules})

install(TARGETS leptir RUNTIME)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/leptir TYPE INCLUDE)
install(FILES ${PROJECT_SOURCE_DIR}/packaging/prometheus/leptir-rules.yml DESTINATION ${CMAKE_INSTALL_DATADIR}/leptir/prometheus)
install(FILES ${PROJECT_SOURCE_DIR}/packaging/grafana/leptir.json DESTINATION ${CMAKE_INSTALL_DATADIR}/leptir/grafana)
install(TARGETS leptir_library leptir_push leptir_c ${modules} EXPORT leptir)
install(EXPORT leptir NAMESPACE leptir:: FILE leptirTargets.cmake DESTINATION ${folder})
install(FILES ${PROJECT_BINARY_DIR}/package/leptirConfig.cmake ${PROJECT_BINARY_DIR}/package/leptirConfigVersion.cmake
        DESTINATION ${folder})

# The conformance suite, as sources: a project with a backend of its own compiles it with its own GoogleTest.
set(suite ${PROJECT_SOURCE_DIR}/tests/conformance)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/leptirConformance.cmake DESTINATION ${folder})
install(FILES ${suite}/backends_under_test.h ${suite}/conformance.h ${suite}/push_test.cc ${suite}/lease_test.cc
              ${suite}/settle_test.cc ${suite}/session_test.cc ${suite}/keeper_test.cc ${suite}/traits_test.cc
              ${suite}/meta_test.cc
        DESTINATION ${folder}/conformance/tests/conformance)
leptir_pkgconfig_files()
