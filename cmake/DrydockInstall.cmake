# install + export: find_package(drydock) gives drydock::core, drydock::text, drydock::sim and
# drydock::net; find_package(drydock COMPONENTS core) the first alone, which needs nothing else.
#
# Two parts, for --component and for the packages (DrydockPackage.cmake): `server` is the programs
# and what goes with them, `development` the libraries.
include(CMakePackageConfigHelpers)

set(drydock_config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/drydock)

# drydock_export(NAME TARGETS...): these have a file of targets of their own, so that who wants NAME
# needs nothing of what the others need.
function(drydock_export name)
  install(TARGETS ${ARGN} EXPORT drydock-${name}
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
  install(EXPORT drydock-${name} NAMESPACE drydock:: DESTINATION ${drydock_config_dir}
          COMPONENT development)
endfunction()

drydock_export(core drydock_core)
set(drydock_folders core)
if(DRYDOCK_BUILD_SIM)
  drydock_export(text drydock_text)
  drydock_export(sim drydock_sim)
  list(APPEND drydock_folders sim)
endif()
if(DRYDOCK_BUILD_NET)
  drydock_export(net drydock_proto drydock_net)
  list(APPEND drydock_folders net)
endif()
install(DIRECTORY ${drydock_folders} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/drydock
        COMPONENT development FILES_MATCHING PATTERN "*.h")

foreach(program raftsim raftd raftctl)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT server)
  endif()
endforeach()

configure_package_config_file(cmake/drydockConfig.cmake.in
  ${PROJECT_BINARY_DIR}/drydockConfig.cmake INSTALL_DESTINATION ${drydock_config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/drydockConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/drydockConfig.cmake
              ${PROJECT_BINARY_DIR}/drydockConfigVersion.cmake
        DESTINATION ${drydock_config_dir} COMPONENT development)
