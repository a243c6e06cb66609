# The libraries that users link:
#   leptir::push     configuration, Broker and MetaStorage, without any backend
#   leptir::memory, leptir::mongodb, leptir::redis, leptir::sqlite, leptir::sqs   the backends, beside leptir::push (cmake/Modules.cmake)
#   leptir::testing  for tests of tasks
#   leptir::leptir   everything: runMain and all backends
#   leptir::c        the C interface with all backends: the shared library libleptir.so
add_library(leptir_push INTERFACE)
set_target_properties(leptir_push PROPERTIES EXPORT_NAME push)
target_link_libraries(leptir_push INTERFACE leptir_config)
add_library(leptir::push ALIAS leptir_push)

if(TARGET leptir_testing)
  set_target_properties(leptir_testing PROPERTIES EXPORT_NAME testing)
  add_library(leptir::testing ALIAS leptir_testing)
endif()

add_library(leptir_library INTERFACE)
set_target_properties(leptir_library PROPERTIES EXPORT_NAME leptir)
target_link_libraries(leptir_library INTERFACE leptir_cli)
add_library(leptir::leptir ALIAS leptir_library)

# Only the functions of leptir/c.h are visible outside of it: a program may have another version of leptir as well.
set(symbols ${PROJECT_SOURCE_DIR}/cmake/c_symbols.map)
add_library(leptir_c SHARED $<TARGET_OBJECTS:leptir_c_api>)
add_library(leptir::c ALIAS leptir_c)
set_target_properties(leptir_c PROPERTIES EXPORT_NAME c OUTPUT_NAME leptir VERSION ${PROJECT_VERSION} SOVERSION 0
                      LINKER_LANGUAGE CXX LINK_DEPENDS ${symbols} LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
target_include_directories(leptir_c INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(leptir_c PRIVATE leptir_config fmt::fmt)
target_link_options(leptir_c PRIVATE -Wl,--version-script=${symbols})
if(NOT LEPTIR_SANITIZE)  # the program brings the functions of a sanitizer
  target_link_options(leptir_c PRIVATE -Wl,--no-undefined)
endif()
get_property(backends GLOBAL PROPERTY LEPTIR_BACKENDS)
foreach(backend IN LISTS backends)
  target_link_libraries(leptir_c PRIVATE leptir::${backend})
endforeach()
