# plimsoll_headers(name HEADERS...): compiles these headers once; targets take them over with plimsoll_precompile.
function(plimsoll_headers name)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${name}.cpp CONTENT "// Only a precompiled header needs this file.\n")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE plimsoll_flags)
  target_precompile_headers(${name} PRIVATE <algorithm> <chrono> <functional> <map> <memory> <optional> <set> <string>
                            <string_view> <utility> <variant> <vector> ${ARGN})
endfunction()

# The standard headers that almost every file includes: a third of the build's time.
plimsoll_headers(plimsoll_headers)

function(plimsoll_precompile target headers)
  target_precompile_headers(${target} REUSE_FROM ${headers})
endfunction()

# plimsoll_layer(model DEPENDS a b LIBRARIES c d)
# One static library per folder of src/. DEPENDS are the arrows of ARCHITECTURE.md: what may be included and linked.
function(plimsoll_layer name)
  cmake_parse_arguments(LAYER "" "" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  set(target plimsoll_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${target} PRIVATE plimsoll_flags ${LAYER_LIBRARIES})
    plimsoll_precompile(${target} plimsoll_headers)
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR}/src)
    set(scope INTERFACE)
  endif()
  foreach(dependency ${LAYER_DEPENDS})
    target_link_libraries(${target} ${scope} plimsoll_${dependency})
  endforeach()
  add_library(plimsoll::${name} ALIAS ${target})
endfunction()
