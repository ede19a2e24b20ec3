# How every target of this project is built, and how a folder becomes a library.

# Who embeds this project has decided that for itself.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

# Identical compilations (fresh checkouts, wherever they lie) are paid for once.
find_program(DRYDOCK_CCACHE ccache)
if(DRYDOCK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${DRYDOCK_CCACHE})
endif()

# drydock_target(NAME): the language level and the warnings of our own code.
function(drydock_target name)
  target_compile_features(${name} PUBLIC cxx_std_20)
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF CXX_STANDARD_REQUIRED ON)
  target_compile_options(${name} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
    -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
    # A designated initializer names what it sets; the rest has its default on purpose.
    -Wno-missing-field-initializers
    # g++ 12 sees an overlap in the concatenation of strings (its bug 105329), and reads of the
    # alternatives that a variant does not hold (its bug 80635).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
    # File names in messages are relative, so no output depends on where the tree lies.
    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
  if(DRYDOCK_WERROR)
    target_compile_options(${name} PRIVATE -Werror)
  endif()
endfunction()

# drydock_library(SHORT LINKS...): one static library from the .cc files of this folder and those
# below it, except folders that have a CMakeLists.txt of their own (they are other libraries).
# Builds as drydock_SHORT, is used and exported as drydock::SHORT.
function(drydock_library short)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  file(GLOB_RECURSE inner CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
  foreach(list_file IN LISTS inner)
    cmake_path(GET list_file PARENT_PATH folder)
    list(FILTER sources EXCLUDE REGEX "^${folder}/")
  endforeach()

  set(name drydock_${short})
  add_library(${name} STATIC ${sources})
  add_library(drydock::${short} ALIAS ${name})
  drydock_target(${name})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/drydock>)
  target_link_libraries(${name} PUBLIC ${ARGN})
  set_target_properties(${name} PROPERTIES
    EXPORT_NAME ${short} ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
endfunction()

# drydock_fast_malloc(NAME): links a faster malloc where there is one, which is worth 5 % of a node's
# calls and better tails, and 6 to 12 % of the simulator's time. The sanitizers bring their own.
function(drydock_fast_malloc name)
  find_library(DRYDOCK_MALLOC tcmalloc_minimal)
  if(DRYDOCK_MALLOC AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_link_libraries(${name} PRIVATE ${DRYDOCK_MALLOC})
  endif()
endfunction()
