# The libraries of others, and which module uses which. A module that is not named here uses only public headers' libraries.
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tl-expected REQUIRED)
find_package(fmt REQUIRED)
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
if(LEPTIR_SQLITE)
  find_package(SQLite3 REQUIRED)
endif()
find_package(PkgConfig REQUIRED)
if(LEPTIR_REDIS)
  find_package(OpenSSL REQUIRED)
  pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
  # It brings a definition that changes nothing here but would keep the precompiled headers from being used.
  set_target_properties(PkgConfig::hiredis PROPERTIES INTERFACE_COMPILE_OPTIONS "")
endif()
pkg_check_modules(libdw REQUIRED IMPORTED_TARGET libdw)
if(LEPTIR_TESTS)
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()

set(LEPTIR_LIBRARIES_task simdjson::simdjson)
set(LEPTIR_LIBRARIES_backends_sqlite SQLite::SQLite3)
set(LEPTIR_LIBRARIES_backends_redis PkgConfig::hiredis OpenSSL::SSL)
set(LEPTIR_LIBRARIES_master PkgConfig::libdw)
set(LEPTIR_LIBRARIES_config yaml-cpp)
set(LEPTIR_LIBRARIES_cli CLI11::CLI11)

# What code must know of the switches above: src/config/assemble.cc lists the backends.
set(LEPTIR_DEFINITIONS_config LEPTIR_HAS_SQLITE=$<BOOL:${LEPTIR_SQLITE}> LEPTIR_HAS_REDIS=$<BOOL:${LEPTIR_REDIS}>)

# What a module's tests use beside what the module uses.
set(LEPTIR_TEST_LIBRARIES_backends_redis leptir_test_redis)
