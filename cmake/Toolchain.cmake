# Warnings, sanitizers, and what makes builds quick when it is there.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
                    -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # These see errors where there are none, in std::string: they take the buffer inside a string for the place of a text
  # that is longer.
  add_compile_options(-Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(LEPTIR_WERROR)
  add_compile_options(-Werror)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

if(LEPTIR_SANITIZE)
  add_compile_options(-fsanitize=${LEPTIR_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${LEPTIR_SANITIZE})
  if(LEPTIR_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-Wno-tsan)  # it does not see fences, which src/link has for memory that processes share
  endif()
endif()

if(LEPTIR_LTO)
  # One name with two definitions in two sources is undefined behaviour that no compiler of a single source can see. The
  # types are compared before anything is optimized, and linking takes a fraction of the time without that.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O0 -DNDEBUG")
  add_compile_options(-flto=2 -fno-fat-lto-objects)
  add_link_options(-flto=2 -Wodr -Werror=odr -Wlto-type-mismatch -Werror=lto-type-mismatch)
  set(CMAKE_AR ${CMAKE_CXX_COMPILER_AR})
  set(CMAKE_RANLIB ${CMAKE_CXX_COMPILER_RANLIB})
endif()

find_program(LEPTIR_CCACHE ccache)
if(LEPTIR_CCACHE)
  # Precompiled headers need this to be cached.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${LEPTIR_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

find_program(LEPTIR_MOLD mold)
if(LEPTIR_MOLD AND NOT LEPTIR_SANITIZE AND NOT LEPTIR_LTO)
  add_link_options(-fuse-ld=mold)
endif()
