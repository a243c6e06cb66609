# Embeds src/backends/redis/scripts/*.lua into the module: build/redis_scripts/ has the text of each script as it is sent
# to a server (tools/check-lua reads these), and the source file with all of them (redis_script_texts.h declares them).
set(folder ${PROJECT_SOURCE_DIR}/src/backends/redis/scripts)
set(output ${PROJECT_BINARY_DIR}/redis_scripts)
file(GLOB scripts RELATIVE ${folder} CONFIGURE_DEPENDS ${folder}/*.lua)
file(GLOB shared RELATIVE ${folder} CONFIGURE_DEPENDS ${folder}/shared/*.lua)
set(inputs ${scripts} ${shared})
list(TRANSFORM inputs PREPEND ${folder}/)

add_custom_command(OUTPUT ${output}/redis_script_texts.cc
                   COMMAND ${CMAKE_COMMAND} "-DSCRIPTS=${scripts}" -DFOLDER=${folder} -DOUTPUT=${output}
                           -P ${PROJECT_SOURCE_DIR}/cmake/embed_redis_scripts.cmake
                   DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/embed_redis_scripts.cmake
                   COMMENT "Embedding the scripts of src/backends/redis/scripts"
                   VERBATIM)
target_sources(leptir_backends_redis PRIVATE ${output}/redis_script_texts.cc)
