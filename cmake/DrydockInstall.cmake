# install + export: find_package(drydock) gives drydock::core, drydock::text, drydock::sim and
# drydock::net; find_package(drydock COMPONENTS core) the first alone, which needs nothing else.
#
# Components, for --component and for the packages (DrydockPackage.cmake): `programs` is the programs
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
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
  endif()
endforeach()

install(FILES packaging/man/raftd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 COMPONENT programs)
install(FILES packaging/man/raftctl.1 packaging/man/raftsim.1
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT programs)
install(DIRECTORY packaging/completion/bash/
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT programs)
install(DIRECTORY packaging/completion/zsh/
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT programs)
install(DIRECTORY scenarios packaging/monitoring
        DESTINATION ${CMAKE_INSTALL_DATADIR}/drydock COMPONENT programs)
install(FILES docs/operations.md docs/security.md docs/trace.md docs/wire.md docs/protocol.md docs/fuzzing.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT programs)
install(FILES tools/raftd/cluster.schema.json tools/raftd/clients.schema.json
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT programs)
install(FILES tools/raftd/cluster.example.json RENAME cluster.json
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT programs)

configure_package_config_file(cmake/drydockConfig.cmake.in
  ${PROJECT_BINARY_DIR}/drydockConfig.cmake INSTALL_DESTINATION ${drydock_config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/drydockConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/drydockConfig.cmake
              ${PROJECT_BINARY_DIR}/drydockConfigVersion.cmake
        DESTINATION ${drydock_config_dir} COMPONENT development)
