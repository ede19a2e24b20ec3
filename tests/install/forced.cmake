# refuse_forced_flags(TARGET): an error if whoever links to it is compiled or linked with more than
# its headers and the language level.
function(refuse_forced_flags target)
  foreach(name COMPILE_OPTIONS COMPILE_DEFINITIONS LINK_OPTIONS LINK_LIBRARIES)
    get_target_property(value ${target} INTERFACE_${name})
    if(value)
      message(FATAL_ERROR "${target} forces ${name} on who links to it: ${value}")
    endif()
  endforeach()
  get_target_property(features ${target} INTERFACE_COMPILE_FEATURES)
  if(NOT features STREQUAL "cxx_std_20")
    message(FATAL_ERROR "${target} asks for the features ${features}, not for cxx_std_20")
  endif()
endfunction()
