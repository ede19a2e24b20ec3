# install + export: find_package(drydock) gives drydock::core, drydock::text, drydock::sim and
# drydock::net.
include(CMakePackageConfigHelpers)

set(drydock_config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/drydock)

set(drydock_libraries drydock_core drydock_text drydock_sim)
if(DRYDOCK_BUILD_NET)
  list(APPEND drydock_libraries drydock_proto drydock_net)
endif()
install(TARGETS ${drydock_libraries} EXPORT drydockTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY core sim net DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/drydock
        FILES_MATCHING PATTERN "*.h")
install(EXPORT drydockTargets NAMESPACE drydock:: DESTINATION ${drydock_config_dir})
foreach(program raftsim raftd raftctl)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

configure_package_config_file(cmake/drydockConfig.cmake.in
  ${PROJECT_BINARY_DIR}/drydockConfig.cmake INSTALL_DESTINATION ${drydock_config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/drydockConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/drydockConfig.cmake
              ${PROJECT_BINARY_DIR}/drydockConfigVersion.cmake
        DESTINATION ${drydock_config_dir})
