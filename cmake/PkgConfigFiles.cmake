# pkg-config files, one for each library of cmake/PublicLibraries.cmake. leptir's modules are static libraries, so what
# they use must be linked by the program: `Requires`, since `Requires.private` counts only with --static. libleptir.so,
# the C interface, brings its own.

# Puts `module` in front of the list `result`, and behind it the modules that it uses, unless they are there: the order
# in which a linker wants them.
function(leptir_modules_below module result)
  set(below ${${result}})
  get_property(uses GLOBAL PROPERTY LEPTIR_USES_${module})
  foreach(used IN LISTS uses)
    string(REPLACE "/" "_" used ${used})
    if(NOT used IN_LIST below AND TARGET leptir_${used})
      leptir_modules_below(${used} below)
    endif()
  endforeach()
  list(PREPEND below ${module})
  set(${result} ${below} PARENT_SCOPE)
endfunction()

# Writes and installs <name>.pc: `libs` are its own, `requires` the packages that it needs.
function(leptir_pkgconfig_file name description libs requires)
  set(folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  file(RELATIVE_PATH up /${folder} /)
  string(REGEX REPLACE "/$" "" up ${up})
  list(JOIN libs " " libs)
  list(REMOVE_DUPLICATES requires)
  list(JOIN requires ", " requires)
  file(WRITE ${PROJECT_BINARY_DIR}/package/${name}.pc "prefix=\${pcfiledir}/${up}
libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}
includedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}

Name: ${name}
Description: ${description}
Version: ${PROJECT_VERSION}
Requires: ${requires}
Libs: -L\${libdir} ${libs}
Cflags: -I\${includedir}
")
  install(FILES ${PROJECT_BINARY_DIR}/package/${name}.pc DESTINATION ${folder})
endfunction()

# The file of a static library that consists of these modules.
function(leptir_pkgconfig_modules name description modules flags requires)
  set(libs ${flags})
  foreach(module IN LISTS modules)
    if(LEPTIR_LIBRARIES_${module} AND NOT DEFINED LEPTIR_PKGCONFIG_${module} AND NOT module STREQUAL cli)
      message(FATAL_ERROR "cmake/Libraries.cmake: LEPTIR_LIBRARIES_${module} is not empty: say in "
                          "LEPTIR_PKGCONFIG_${module} which pkg-config packages these libraries are")
    endif()
    list(APPEND libs -lleptir_${module})
    list(APPEND requires ${LEPTIR_PKGCONFIG_${module}})
  endforeach()
  leptir_pkgconfig_file(${name} "${description}" "${libs};-pthread" "${requires};fmt;nlohmann_json")
endfunction()

function(leptir_pkgconfig_files)
  set(push "")
  leptir_modules_below(config push)
  leptir_pkgconfig_modules(leptir-push "Pushes tasks of leptir (link a backend beside it)" "${push}" "" "")

  get_property(backends GLOBAL PROPERTY LEPTIR_BACKENDS)
  foreach(backend IN LISTS backends)
    get_property(flag GLOBAL PROPERTY LEPTIR_LINK_FLAG_${backend})
    set(own "")
    leptir_modules_below(backends_${backend} own)
    list(REMOVE_ITEM own ${push})
    leptir_pkgconfig_modules(leptir-${backend} "Tasks and records of leptir in ${backend}" "${own}" "${flag}" leptir-push)
  endforeach()

  set(all "")
  leptir_modules_below(cli all)
  list(REMOVE_ITEM all ${push})
  list(TRANSFORM backends PREPEND leptir- OUTPUT_VARIABLE requires)
  leptir_pkgconfig_modules(leptir "Background tasks: everything of leptir" "${all}" "" "${requires}")

  if(TARGET leptir_testing)
    set(testing "")
    leptir_modules_below(testing testing)
    list(REMOVE_ITEM testing ${push} backends_memory)
    leptir_pkgconfig_modules(leptir-testing "Tests of tasks of leptir" "${testing}" "" "leptir-memory;leptir-push")
  endif()

  leptir_pkgconfig_file(leptir-c "Pushes tasks of leptir from C" -lleptir "")
endfunction()
