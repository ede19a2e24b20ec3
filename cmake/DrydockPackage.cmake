# Two Debian packages: `cpack -G DEB` in a build directory makes `drydock`, the programs and the
# service, and `libdrydock-dev`, the libraries.

# The service belongs to a system as a whole: it is part of the package and never of cmake --install,
# whose place may be anywhere.
install(FILES packaging/systemd/drydock.service DESTINATION lib/systemd/system
        COMPONENT service EXCLUDE_FROM_ALL)
install(FILES packaging/systemd/sysusers.conf RENAME drydock.conf DESTINATION lib/sysusers.d
        COMPONENT service EXCLUDE_FROM_ALL)
install(FILES packaging/raftd.env DESTINATION /etc/drydock COMPONENT service EXCLUDE_FROM_ALL)
install(FILES packaging/debian/copyright DESTINATION share/doc/drydock
        COMPONENT service EXCLUDE_FROM_ALL)
install(FILES packaging/debian/copyright DESTINATION share/doc/libdrydock-dev
        COMPONENT development-notes EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_CONTACT "The Drydock authors <drydock@example.org>")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL programs service development development-notes)
set(CPACK_COMPONENT_PROGRAMS_GROUP server)
set(CPACK_COMPONENT_SERVICE_GROUP server)
set(CPACK_COMPONENT_DEVELOPMENT_GROUP dev)
set(CPACK_COMPONENT_DEVELOPMENT-NOTES_GROUP dev)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME drydock)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION database)
set(CPACK_DEBIAN_SERVER_DESCRIPTION "raftd is one node of a cluster that is replicated with Raft, \
raftctl talks to a cluster, and raftsim replays crashes, partitions and broken disks of one. The \
service drydock runs raftd.")
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
# Of the maintainer scripts: systemd-sysusers.
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers")
set(scripts ${PROJECT_SOURCE_DIR}/packaging/debian)
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
    ${scripts}/postinst ${scripts}/prerm ${scripts}/postrm ${scripts}/conffiles)

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libdrydock-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_DESCRIPTION "The libraries, for find_package(drydock): drydock::core is a Raft \
node as a pure state machine, and needs the standard library only; drydock::sim simulates clusters \
of it; drydock::net talks to real ones.")
# drydock::core needs none of these.
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS "nlohmann-json3-dev, libgrpc++-dev, libprotobuf-dev, \
protobuf-compiler-grpc, prometheus-cpp-dev, libcpp-httplib-dev")

include(CPack)
