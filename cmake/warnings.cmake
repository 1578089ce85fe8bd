# One interface target carries the flags of everything of ours; third-party headers come in as SYSTEM.
add_library(plimsoll_flags INTERFACE)
target_compile_options(plimsoll_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align -Woverloaded-virtual
  -Wconversion -Wno-sign-conversion -Wformat=2 -Wimplicit-fallthrough -Wextra-semi -Wundef
  # Designated initialisers that leave out members with defaults are how this code base writes options.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of gcc 12 in optimised std::string code such as `"x" + std::move(text)` (gcc bugs 105329, 105651), and of optionals.
  target_compile_options(plimsoll_flags INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
                         -Wno-maybe-uninitialized)
endif()
if(PLIMSOLL_WERROR)
  target_compile_options(plimsoll_flags INTERFACE -Werror)
endif()
if(PLIMSOLL_SANITIZE MATCHES "thread")
  # Asio has fences that TSan does not see; gcc says so at each of them.
  target_compile_options(plimsoll_flags INTERFACE -Wno-tsan)
endif()
if(PLIMSOLL_SANITIZE MATCHES "undefined")
  # These three check at every access what ASan and the fault at address 0 catch as well, and double the time to compile.
  target_compile_options(plimsoll_flags INTERFACE -fno-sanitize=null,vptr,alignment)
endif()
if(PLIMSOLL_SANITIZE)
  target_compile_options(plimsoll_flags INTERFACE -fsanitize=${PLIMSOLL_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(plimsoll_flags INTERFACE -fsanitize=${PLIMSOLL_SANITIZE})
endif()
# ccache needs this to see through precompiled headers.
target_compile_options(plimsoll_flags INTERFACE -fpch-preprocess)
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()
