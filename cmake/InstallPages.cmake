# The manual pages and the completions of the shells, which the program writes itself.
install(CODE "
  set(share \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share\")
  function(write_script shell file)
    execute_process(COMMAND \"$<TARGET_FILE:leptir>\" completion \${shell} OUTPUT_VARIABLE script COMMAND_ERROR_IS_FATAL ANY)
    file(WRITE \"\${share}/\${file}\" \"\${script}\")
  endfunction()
  execute_process(COMMAND \"$<TARGET_FILE:leptir>\" manual \"--to=\${share}/man/man1\" COMMAND_ERROR_IS_FATAL ANY)
  write_script(bash bash-completion/completions/leptir)
  write_script(zsh zsh/site-functions/_leptir)
  write_script(fish fish/vendor_completions.d/leptir.fish)
")
