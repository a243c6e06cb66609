# Makes one library and one test program of each room that src/ROOMS names, with just the dependencies that stand there.

# Headers that nearly every file needs, read once for all rooms and once for all tests. A target whose definitions differ cannot share them.
add_library(leptir_precompiled STATIC ${CMAKE_SOURCE_DIR}/cmake/precompiled.cc)
target_link_libraries(leptir_precompiled PRIVATE nlohmann_json::nlohmann_json fmt::fmt Threads::Threads)
target_precompile_headers(leptir_precompiled PRIVATE
    <chrono> <functional> <map> <memory> <optional> <span> <string> <string_view> <vector> <nlohmann/json.hpp> <fmt/format.h>)

if(LEPTIR_TESTS)
  add_library(leptir_precompiled_tests STATIC ${CMAKE_SOURCE_DIR}/cmake/precompiled.cc)
  target_link_libraries(leptir_precompiled_tests PRIVATE GTest::gtest GTest::gmock fmt::fmt nlohmann_json::nlohmann_json Threads::Threads)
  target_precompile_headers(leptir_precompiled_tests PRIVATE
      <chrono> <functional> <string> <vector> <gtest/gtest.h> <gmock/gmock.h> <nlohmann/json.hpp>)
endif()

function(leptir_test_program target)
  target_link_libraries(${target} PRIVATE GTest::gtest GTest::gmock GTest::gtest_main fmt::fmt)
  target_precompile_headers(${target} REUSE_FROM leptir_precompiled_tests)
endfunction()

function(leptir_room room uses)
  string(REPLACE "/" "_" name ${room})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${room}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(NOT sources)
    return()
  endif()

  add_library(leptir_${name} STATIC ${sources})
  target_include_directories(leptir_${name} PUBLIC ${CMAKE_SOURCE_DIR}/include PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(leptir_${name} PUBLIC nlohmann_json::nlohmann_json tl::expected Threads::Threads
                        PRIVATE fmt::fmt ${LEPTIR_LIBRARIES_${name}})
  target_compile_definitions(leptir_${name} PRIVATE ${LEPTIR_DEFINITIONS_${name}})
  if(NOT room STREQUAL task)  # simdjson brings definitions of its own
    target_precompile_headers(leptir_${name} REUSE_FROM leptir_precompiled)
  endif()
  foreach(used IN LISTS uses)
    string(REPLACE "/" "_" usedName ${used})
    if(TARGET leptir_${usedName})
      target_link_libraries(leptir_${name} PUBLIC leptir_${usedName})
    endif()
  endforeach()

  if(LEPTIR_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name}_test PRIVATE leptir_${name} rapidcheck)
    target_compile_definitions(${name}_test PRIVATE LEPTIR_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    leptir_test_program(${name}_test)
    include(GoogleTest)
    gtest_discover_tests(${name}_test TEST_PREFIX "${room}: " NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120)
  endif()
endfunction()

function(leptir_rooms)
  file(STRINGS ${CMAKE_SOURCE_DIR}/src/ROOMS lines REGEX "^[a-z]")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/ROOMS)
  foreach(line IN LISTS lines)
    string(REGEX MATCH "^([a-z/_]+): *(.*)$" matched ${line})
    set(room ${CMAKE_MATCH_1})
    string(REPLACE " " ";" uses "${CMAKE_MATCH_2}")
    if(room STREQUAL "backends/sqlite" AND NOT LEPTIR_SQLITE)
      continue()
    endif()
    leptir_room(${room} "${uses}")
  endforeach()
endfunction()
